/*
 * What chat-listen says about connections, on standard error: a few lines
 * about each reason in a while, then their number only, so that strangers
 * cannot fill a disk.
 */
#ifndef LISTENER_PARENT_JOURNAL_H
#define LISTENER_PARENT_JOURNAL_H

#include "listener/parent/admission.h"

/* How much is said. */
enum journal_level {
	JOURNAL_QUIET,  /* nothing about connections */
	JOURNAL_FAULTS, /* those that went wrong */
	JOURNAL_ALL,
};

/* A reason's lines in its current window of time. */
struct window {
	int64_t start; /* clock_now_ms() time */
	unsigned lines;
	unsigned unsaid;
};

struct journal {
	enum journal_level level;
	struct window ends[SESSION_ENDS + 1]; /* the last is a crash */
	struct window refusals[REFUSALS];
};

/*
 * A session with a peer ended like that. The detail is more about it, such as
 * the signal of a crash, or "". now_ms is clock_now_ms() time.
 */
void journal_end(struct journal *journal, const char *address,
    enum session_end end, const char *detail, int64_t now_ms);

/* A connection got no session. */
void journal_refusal(struct journal *journal, const char *address,
    enum refusal refusal, int64_t now_ms);

/* Says how many lines were left out of the windows that are over. */
void journal_settle(struct journal *journal, int64_t now_ms);

/* Whether journal_settle() will have something to say, and when. */
bool journal_owes(const struct journal *journal, int64_t *at_ms);

#endif
