/*
 * The journal: lines about connections, on standard error. Each reason gets a
 * few lines in a while; further ones are only counted, so that strangers cannot
 * fill a disk.
 */
#ifndef LISTENER_PARENT_JOURNAL_H
#define LISTENER_PARENT_JOURNAL_H

#include "common/base/window.h"
#include "listener/parent/admission.h"

/* What is written. */
enum journal_level {
	JOURNAL_QUIET,  /* nothing about connections */
	JOURNAL_FAULTS, /* connections that went wrong */
	JOURNAL_ALL,
};

struct journal {
	enum journal_level level;
	struct window ends[SESSION_ENDS + 1]; /* the last one is for crashes */
	struct window refusals[REFUSALS];
	uint64_t ended[SESSION_ENDS + 1], refused[REFUSALS]; /* all of them */
};

/*
 * Counts and writes that a session ended, and how. `detail` is more about it,
 * such as the signal of a crash, or "". now_ms is clock_now_ms() time, here and
 * below.
 */
void journal_end(struct journal *journal, const char *address,
    enum session_end end, const char *detail, int64_t now_ms);

/* Counts and writes that a connection got no session. */
void journal_refusal(struct journal *journal, const char *address,
    enum refusal refusal, int64_t now_ms);

/* Returns the text of a refusal, a constant string. */
const char *journal_refusal_text(enum refusal refusal);

/* Writes how many lines were left out of windows that are over. */
void journal_settle(struct journal *journal, int64_t now_ms);

/*
 * Returns whether journal_settle() will have something to write, and sets
 * *at_ms to when.
 */
bool journal_owes(const struct journal *journal, int64_t *at_ms);

#endif
