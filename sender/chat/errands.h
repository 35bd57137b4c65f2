/* Runs of chat-send: messages on their way, and questions who is there. */
#ifndef SENDER_CHAT_ERRANDS_H
#define SENDER_CHAT_ERRANDS_H

#include <stdbool.h>
#include <stddef.h>

#include "common/base/limits.h"

/* To whom lines go. */
struct target {
	char to[LIMIT_NAME + 1];
	char address[LIMIT_HOST + 1]; /* empty: that of the directory */
	char port[8];
	int key; /* a file with the secret; -1: it is in the directory */
	unsigned choice; /* the caller's: which of the user's choices it was */
};

/* What cannot be delivered is kept for so many seconds: chat-send -s. */
void errands_keep(unsigned seconds);

/*
 * Each of these starts chat-send at once, or, after earlier errands to the same
 * user, in order, and says how it ended. They make their own copies.
 */
void errands_send(const struct target *target, const char *text);

/* Asks whether a target is there; if not, calls missed(it). */
void errands_probe(
    const struct target *target, void (*missed)(const struct target *target));

/*
 * Asks several users, a list with commas, whether they are there. Calls told()
 * for each answer, where `why` is NULL if they are, and done() at the end.
 */
void errands_ask(const char *names,
    void (*told)(const char *name, const char *why), void (*done)(void));

/* How many are under way; and whether there is no room for another. */
size_t errands_count(void);
bool errands_full(void);

/* Gives up all of them, and says what was not delivered. */
void errands_stop(void);

#endif
