/* The state of the parent, the first process of chat-listen. */
#ifndef LISTENER_PARENT_PARENT_H
#define LISTENER_PARENT_PARENT_H

#include "common/chat1/suite.h"
#include "listener/keyholder/keyholder.h"
#include "listener/options.h"
#include "listener/parent/acceptor.h"
#include "listener/parent/journal.h"
#include "listener/runner/runner.h"
#include "listener/session/session.h"

#define GONE 0 /* the pid of a process that has ended, or never was */

/*
 * What the parent has, all of it open and ready. Messages are counted by the
 * recorder, or without one by the keyholder, because sessions could lie.
 */
struct parent {
	const struct options *options;
	const struct suite *suite;
	struct acceptor acceptor;
	struct output output;
	struct display display; /* without the address */
	struct jail jail;
	struct admission admission;
	struct journal journal;
	pid_t keyholder;          /* GONE after it has ended */
	int control;              /* channel to the keyholder */
	int shown;                /* eventfd(2) that counts messages */
	const proof_cell *proofs; /* memory from it, see keyholder_start() */
	const struct finding *findings; /* the same */
	char self[LIMIT_NAME + 1];      /* our name */
	size_t users;                   /* entries of the directory */
	uint64_t logged;                /* messages in the log at the start */
	pid_t runner; /* GONE after it has ended, or without -x */
	int runner_control;
	pid_t recorder; /* GONE after it has ended, or without -o */
	int recorder_control;
};

#endif
