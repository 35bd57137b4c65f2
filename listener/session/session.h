/* A session: the process that talks to one peer, and then ends. */
#ifndef LISTENER_SESSION_SESSION_H
#define LISTENER_SESSION_SESSION_H

#include "common/base/privdrop.h"
#include "listener/link/end.h"
#include "listener/link/source.h"
#include "listener/session/display.h"
#include "listener/session/output.h"

/* What a session gets. */
struct session {
	const struct suite *suite;
	const struct jail *jail;
	const struct output *output;
	struct display display;      /* without the address */
	const struct source *source; /* of the connection */
	int connection;              /* non-blocking */
	int channel; /* channel to the keyholder, non-blocking */
	int runner;  /* channel to the runner; -1 without -x */
	int report;  /* channel to the parent behind a balancer; else -1 */
	bool silent; /* with -x: do not show messages */
	bool trial;  /* explain on standard error why confinement failed */
};

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
