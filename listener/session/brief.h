/* What a session is told when it starts, and the descriptors that it keeps. */
#ifndef LISTENER_SESSION_BRIEF_H
#define LISTENER_SESSION_BRIEF_H

#include "common/base/privdrop.h"
#include "listener/link/source.h"
#include "listener/session/display.h"
#include "listener/session/output.h"

/* The descriptors of a session; 0 and 2 are closed. */
#define OUTPUT_FD 1
#define CONNECTION_FD 3
#define CHANNEL_FD 4
#define RUNNER_FD 5   /* if there is a command */
#define RECORDER_FD 6 /* if there is a log */
#define REPORT_FD 7   /* if it comes from a balancer */
#define FIRST_FREE 8

/* What a session gets. */
struct session {
	const struct suite *suite;
	const struct jail *jail;
	const struct output *output;
	struct display display;      /* without the address */
	const struct source *source; /* of the connection */
	int connection;              /* non-blocking */
	int channel;  /* channel to the keyholder, non-blocking */
	int runner;   /* channel to the runner; -1 without -x */
	int recorder; /* channel to the recorder; -1 without -o */
	int report;   /* channel to the parent behind a balancer; else -1 */
	bool silent;  /* with -x: do not show messages */
	bool stays;   /* with -x: the command stays (-k) */
	bool trial;   /* explain on standard error why confinement failed */
};

#endif
