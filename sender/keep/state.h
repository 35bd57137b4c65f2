/*
 * What became of the attempts, for a message or for a queue. It is only for
 * people and for the pace: if it is lost, an attempt comes sooner.
 */
#ifndef SENDER_KEEP_STATE_H
#define SENDER_KEEP_STATE_H

#include "sender/delivery.h"
#include "sender/keep/queue.h"

struct state {
	unsigned tries;        /* that failed */
	int64_t since, next;   /* the first failure, and when to try again */
	unsigned pause_s;      /* the latest, before its jitter */
	int64_t told;          /* when somebody was told last */
	enum send_exit status; /* of the latest attempt; SEND_OK: none */
	bool uncertain;        /* an attempt may have shown the text */
	char reason[SIZE_WHY]; /* of the latest failure */
};

/* The file of a queue, in its folder; that of a message has this behind it. */
#define STATE_OF_QUEUE "state"
#define STATE_BEHIND ".state"

/* Spells the name of the state's file for this file of a message. */
void state_name(const char *file, char name[SIZE_LONG_NAME]);

/* Reads a state; all zero if there is none, or if it is not valid. */
void state_read(int folder, const char *name, struct state *state);

/* Writes it, in the place of an earlier one. Returns 0, or CHAT_EIO. */
int state_write(
    const struct queue *queue, const char *name, const struct state *state);

/*
 * Whether a failure concerns this message only, and not the next ones of its
 * queue.
 */
bool state_is_of_letter(const struct outcome *outcome);

/*
 * Notes a failed attempt with the message of this file, and plans the next one:
 * in the state of the message if it is of the message, else in that of its
 * queue.
 */
void state_note(const struct queue *queue, const char *file,
    const struct outcome *outcome, int64_t now);

/*
 * Whether an attempt may be made. A time that lies further ahead than any pause
 * was set by a clock that was wrong.
 */
bool state_is_due(const struct state *state, int64_t now);

/* Whether a person has to mend what failed: waiting alone will not help. */
bool state_needs_person(enum send_exit status);

#endif
