/*
 * The runner: the process that runs a command for each message (-x). It is
 * forked first of all, and so holds no secret and no socket but the channels
 * of sessions, see link/session_runner.h.
 */
#ifndef LISTENER_RUNNER_RUNNER_H
#define LISTENER_RUNNER_RUNNER_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "common/base/privdrop.h"

#define DEFAULT_COMMANDS 4 /* at once */
#define MOST_COMMANDS 256

struct runner_config {
	const char *command; /* for /bin/sh -c */
	bool json;           /* it reads a line of JSON, and not the text */
	unsigned at_once;    /* most commands */
	int64_t limit_ms;    /* for each of them */
	unsigned places;     /* of sessions that there may be at once */
	struct jail jail;    /* as root, of privdrop_commands() */
};

/*
 * Forks the runner; *control is the channel to it. When that closes, it kills
 * the commands that run, and ends. Returns its process id, or -1 with errno
 * set.
 */
pid_t runner_start(const struct runner_config *config, int *control);

#endif
