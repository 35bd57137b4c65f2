/* The loop of the listener: accept, fork, reap, signals, time. */
#ifndef LISTENER_SERVE_H
#define LISTENER_SERVE_H

#include "common/suite.h"
#include "listener/acceptor.h"
#include "listener/journal.h"
#include "listener/keyholder.h"
#include "listener/options.h"

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
	pid_t keyholder;
	int control; /* to the keyholder */
	int shown;   /* from it: counts messages */
};

/*
 * Blocks the signals that serve() handles, for this process and those that it
 * forks. To be called before the first fork.
 */
void serve_prepare(void);

/*
 * Forks a session that gives up its rights and ends. Whether that worked:
 * where it does not, there must be no listener.
 */
bool serve_trial(const struct listener *listener);

/* Serves until there is a reason to end. Returns the exit status. */
int serve(struct listener *listener);

#endif
