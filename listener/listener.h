/* What the listener, the parent of all, has. */
#ifndef LISTENER_LISTENER_H
#define LISTENER_LISTENER_H

#include "common/suite.h"
#include "listener/acceptor.h"
#include "listener/journal.h"
#include "listener/keyholder.h"
#include "listener/options.h"
#include "listener/runner.h"

/* What the listener has, all of it open and ready. */
struct listener {
	const struct options *options;
	const struct suite *suite;
	struct acceptor acceptor;
	struct output output;
	struct display display; /* but for the address */
	struct jail jail;
	struct admission admission;
	struct journal journal;
	pid_t keyholder;          /* 0 once it was waited for */
	int control;              /* to the keyholder */
	int shown;                /* from it: counts messages */
	const proof_cell *proofs; /* from it: who has proven themselves */
	pid_t runner;             /* the same, or when there is no command */
	int runner_control;
};

#endif
