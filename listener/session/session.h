/* A session: the process that talks to one peer, and then ends. */
#ifndef LISTENER_SESSION_SESSION_H
#define LISTENER_SESSION_SESSION_H

#include "common/base/privdrop.h"
#include "listener/link/end.h"
#include "listener/link/source.h"
#include "listener/session/display.h"
#include "listener/session/output.h"

/* All that a session has. */
struct session {
	const struct suite *suite;
	const struct jail *jail;
	const struct output *output;
	struct display display;      /* but for the address */
	const struct source *source; /* of the connection */
	int connection;              /* non-blocking */
	int channel;                 /* to the keyholder */
	int runner;  /* channel to it, or -1 when there is no command */
	int report;  /* to the listener, behind a balancer; else -1 */
	bool silent; /* with a command: do not write messages out too */
	bool trial;  /* says on standard error what it could not give up */
};

/*
 * What a session says on its report channel: the source that the balancer
 * named. The reply is one byte: whether that source may have a session.
 */
enum session_admitted {
	SESSION_NOT_ADMITTED,
	SESSION_ADMITTED,
	SESSION_HAS_TO_WAIT, /* it was shut out for its failures */
};

struct session_report {
	uint8_t source[16]; /* as in struct source */
};

/*
 * Runs a session in a process of its own, from giving up rights to the last
 * answer. Never returns: the process ends with a session_end.
 */
void session_run(const struct session *session) __attribute__((noreturn));

#endif
