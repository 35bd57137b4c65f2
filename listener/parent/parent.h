/* What the listener, the parent of all, has. */
#ifndef LISTENER_PARENT_PARENT_H
#define LISTENER_PARENT_PARENT_H

#include "common/chat1/suite.h"
#include "listener/keyholder/keyholder.h"
#include "listener/options.h"
#include "listener/parent/acceptor.h"
#include "listener/parent/journal.h"
#include "listener/runner/runner.h"
#include "listener/session/session.h"

#define GONE 0 /* the id of a process that was waited for, or never was */

/* What the listener has, all of it open and ready. */
struct parent {
	const struct options *options;
	const struct suite *suite;
	struct acceptor acceptor;
	struct output output;
	struct display display; /* but for the address */
	struct jail jail;
	struct admission admission;
	struct journal journal;
	pid_t keyholder;          /* GONE once it was waited for */
	int control;              /* to the keyholder */
	int shown;                /* from it: counts messages */
	const proof_cell *proofs; /* from it: who has proven themselves, */
	const struct finding *findings; /* and why others have not */
	char self[LIMIT_NAME + 1];      /* the name of the listener */
	pid_t runner; /* the same, or when there is no command */
	int runner_control;
};

#endif
