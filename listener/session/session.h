/* A session: the process that talks to one peer, and then ends. */
#ifndef LISTENER_SESSION_SESSION_H
#define LISTENER_SESSION_SESSION_H

#include <stdint.h>

#include "listener/link/end.h"
#include "listener/session/brief.h"

/*
 * What a session sends on its report channel: the source that the balancer
 * named. The reply is one byte, enum session_admitted.
 */
enum session_admitted {
	SESSION_NOT_ADMITTED,
	SESSION_ADMITTED,
	SESSION_HAS_TO_WAIT, /* the source has to wait after failures */
};

struct session_report {
	uint8_t source[16]; /* as in struct source */
};

/*
 * Runs a session in a process of its own, from giving up rights to the last
 * answer. Never returns: the process ends with a status of enum session_end.
 */
void session_run(const struct session *session) __attribute__((noreturn));

#endif
