/*
 * The runner: the process that runs a command for each message (-x), or keeps
 * handlers for all messages (-k). It is forked first, so it has no secrets. Its
 * only sockets are the control channel and the channels to sessions, see
 * link/session_runner.h.
 */
#ifndef LISTENER_RUNNER_RUNNER_H
#define LISTENER_RUNNER_RUNNER_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "common/base/privdrop.h"
#include "common/chat1/suite.h"

struct runner_config {
	const char *command; /* for /bin/sh -c */
	bool json; /* the command reads a line of JSON instead of the text */
	unsigned at_once;  /* how many commands at most, without handlers */
	unsigned handlers; /* how many stay; 0: a command for each message */
	bool quiet;        /* no lines about handlers */
	int64_t limit_ms;  /* milliseconds for each command, and each answer */
	int64_t wait_ms;   /* for a handler to be free */
	const struct suite *suite;
	int ticket_pipe; /* from which the key of tickets comes, see ticket.h */
	int errors;      /* standard error of commands, which may block them */
	unsigned places; /* how many sessions there are at once */
	struct jail jail; /* for root: from privdrop_commands() */
};

/*
 * Forks the runner. *control is the channel to it; when the channel closes, the
 * runner ends its commands and handlers, and itself. Returns its process id, or
 * -1 with errno set.
 */
pid_t runner_start(const struct runner_config *config, int *control);

#endif
