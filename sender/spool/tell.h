/* What chat-spool says. */
#ifndef SENDER_SPOOL_TELL_H
#define SENDER_SPOOL_TELL_H

#include "sender/keep/state.h"
#include "sender/report.h"

/* How to tell, and what to do when a message is given up. */
struct tell {
	bool json;     /* lines of JSON instead of words */
	bool quiet;    /* only what a person has to know */
	char *command; /* for a message that is given up; or NULL */
	char *awaited; /* the id of -w; then damage elsewhere is no failure */
	bool again;    /* what is damaged has been told */
};

#define SIZE_SPAN 24 /* room for a span of time, with its NUL */

/* Spells a span of time, as in 40s, 12m, 5h, 3d. */
void tell_span(int64_t seconds, char span[SIZE_SPAN]);

/*
 * Writes a line about a message to standard output: it was delivered in so many
 * milliseconds, or it is kept and tried again at `next`, or, with `over`, it
 * was given up; then the line is on standard error, except with JSON. `id` is
 * the one that people know it by. Returns 0, or CHAT_EIO with errno set.
 */
int tell_delivered(const struct tell *tell, const struct delivery *delivery,
    const struct outcome *outcome, const char *id, int64_t ms);
int tell_kept(const struct tell *tell, struct delivery *delivery,
    const struct outcome *outcome, const char *id, int64_t wait_s);
int tell_over(const struct tell *tell, const struct letter *letter,
    const struct state *state, const char *id);

/* Returns what happened to a message that was given up with this status. */
const char *tell_miss(enum send_exit status);

/* Tells on standard error what a person has to mend, and how many wait. */
void tell_person(const struct outcome *outcome, size_t count);

#endif
