/* A session: the process that talks to one peer, and then ends. */
#ifndef LISTENER_SESSION_H
#define LISTENER_SESSION_H

#include "listener/display.h"
#include "listener/output.h"
#include "listener/privdrop.h"
#include "listener/source.h"

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
	SESSION_UNADMITTED,  /* whom a balancer named may have no session */
	SESSION_POSTPONED,   /* the command will take the message later */
	SESSION_UNHANDLED,   /* the command did not take the message */
	SESSION_OVERDUE,     /* the command took too long */
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
	struct display display;      /* but for the address */
	const struct source *source; /* of the connection */
	int connection;              /* non-blocking */
	int channel;                 /* to the keyholder */
	int runner;  /* channel to it, or -1 when there is no command */
	int report;  /* to the listener, behind a balancer; else -1 */
	bool silent; /* with a command: do not write messages out too */
	bool trial;  /* give up all rights and end: does it work here? */
};

/*
 * What a session says on its report channel: the source that the balancer
 * named. The reply is one byte, 1 when that source may have a session.
 */
struct session_report {
	uint8_t source[16]; /* as in struct source */
};

/*
 * Runs a session in a process of its own, from giving up rights to the last
 * answer. Never returns: the process ends with a session_end.
 */
void session_run(const struct session *session) __attribute__((noreturn));

#endif
