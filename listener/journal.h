/* What chat-listen says about sessions, on standard error. */
#ifndef LISTENER_JOURNAL_H
#define LISTENER_JOURNAL_H

#include "listener/session.h"

/* How much is said. */
enum journal_level {
	JOURNAL_QUIET,  /* nothing about sessions */
	JOURNAL_FAULTS, /* those that went wrong */
	JOURNAL_ALL,
};

/* A session with a peer ended; status is that of waitpid(2). */
void journal_end(enum journal_level level, const char *address, int status);

/* A connection got no session. */
void journal_refusal(
    enum journal_level level, const char *address, const char *reason);

#endif
