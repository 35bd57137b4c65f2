/*
 * What became of the attempts, for a message or for a queue. It is for people
 * and for the pace: if it is lost, an attempt comes sooner. That of a message
 * also tells whether somebody may have seen its text: without a state, an
 * attempt may be under way, or was cut off.
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

/*
 * The file of a queue's state, in its folder. That of a message's state has the
 * name of the message's file, and this behind it.
 */
#define STATE_OF_QUEUE "state"
#define STATE_BEHIND ".state"

/*
 * Reads the state of the message in this file; that of the queue if `file` is
 * NULL. If there is none, or it is not valid, all is zero, except that a
 * message is uncertain then.
 */
void state_read(int folder, const char *file, struct state *state);

/*
 * Writes it, in the place of an earlier one. Without `sync`, a loss of power
 * may leave the earlier one, or none. Returns 0, or CHAT_EIO with errno set.
 */
int state_write(const struct queue *queue, const char *file,
    const struct state *state, bool sync);

/* Removes it, if there is one. Returns 0, or CHAT_EIO with errno set. */
int state_remove(const struct queue *queue, const char *file, bool sync);

/*
 * Call it before an attempt with the message of this file, whose state is *own.
 * On the disk, the message is uncertain until state_note(). Returns 0, or
 * CHAT_EIO with errno set: then make no attempt.
 */
int state_begin(
    const struct queue *queue, const char *file, const struct state *own);

/*
 * Whether a failure concerns this message only, and not the next ones of its
 * queue.
 */
bool state_is_of_letter(const struct outcome *outcome);

/*
 * Notes a failed attempt with the message of this file in its state, *own, and
 * plans the next one: there if the failure is of the message, else in the state
 * of its queue.
 */
void state_note(const struct queue *queue, const char *file, struct state *own,
    const struct outcome *outcome, int64_t now);

/* Notes a failure that concerns the whole queue in its state. */
void state_note_queue(
    const struct queue *queue, const struct outcome *outcome, int64_t now);

/*
 * Whether an attempt may be made. A time that lies further ahead than any pause
 * was set by a clock that was wrong.
 */
bool state_is_due(const struct state *state, int64_t now);

/* Whether a person has to mend what failed: waiting alone will not help. */
bool state_needs_person(enum send_exit status);

#endif
