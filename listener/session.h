/* A session: the process that talks to one peer, and then ends. */
#ifndef LISTENER_SESSION_H
#define LISTENER_SESSION_H

#include "listener/display.h"
#include "listener/output.h"
#include "listener/privdrop.h"

/*
 * How a session ends: its exit status, which is all that it tells the
 * listener.
 */
enum session_end {
	SESSION_DELIVERED = 0, /* written out and receipted */
	SESSION_UNRECEIPTED,   /* written out, but the receipt did not leave */
	SESSION_DUPLICATE,     /* shown before, receipted again */
	SESSION_PROBED,        /* the peer proved itself and left */
	SESSION_SILENT,        /* the peer sent nothing */
	SESSION_MALFORMED,
	SESSION_VERSION,
	SESSION_CLOCK,
	SESSION_UNAUTHENTIC,
	SESSION_DEADLINE,
	SESSION_LEFT,        /* the peer closed in the middle */
	SESSION_BUSY,        /* the keyholder had no turn for it */
	SESSION_UNWRITTEN,   /* output took no message this time */
	SESSION_OUTPUT_GONE, /* nobody will ever read output again */
	SESSION_UNCONFINED,  /* a right could not be given up */
	SESSION_INTERNAL,
	SESSION_ENDS,
};

/* All that a session has. */
struct session {
	const struct suite *suite;
	const struct jail *jail;
	const struct output *output;
	struct display display;
	int connection; /* non-blocking */
	int channel;    /* to the keyholder */
	bool trial;     /* give up all rights and end: does it work here? */
};

/*
 * Runs a session in a process of its own, from giving up rights to the last
 * answer. Never returns: the process ends with a session_end.
 */
void session_run(const struct session *session) __attribute__((noreturn));

#endif
