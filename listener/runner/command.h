/* Starting the command of -x: for one message, or to stay. */
#ifndef LISTENER_RUNNER_COMMAND_H
#define LISTENER_RUNNER_COMMAND_H

#include <stdbool.h>
#include <sys/types.h>

#include "common/base/privdrop.h"
#include "listener/link/session_runner.h"

#define COMMAND_SETTINGS 3 /* PATH, HOME, and one that sets the charset */

/* What to run, and how. */
struct command {
	const char *line; /* for /bin/sh -c */
	bool json;  /* standard input is a line of JSON instead of the text */
	int errors; /* standard error of commands, which ours may not be */
	char *settings[COMMAND_SETTINGS + 1]; /* environment; NULL ends it */
};

/*
 * Fills in the settings, which are the environment of all runs: PATH, a UTF-8
 * charset, and HOME if it is known. HOME is that of the user that commands run
 * as; for root, that of the jail. Returns 0 or CHAT_EINTERNAL.
 */
int command_prepare(struct command *command, const struct jail *jail);

/*
 * Starts it, as shell_start() does. Its standard input is the text (len bytes)
 * or a line of JSON. Its environment has the settings, what the submission
 * tells, and nothing else. Returns its process id, which the caller waits for,
 * or -1 with errno set. chat-listen(1), DELIVERY TO A COMMAND.
 */
pid_t command_start(const struct command *command,
    const struct submission *submission, const char *text, size_t len);

/*
 * Starts it in the same way, to stay. Its standard input and output are these
 * descriptors, which the caller still has to close, and its environment has the
 * settings only.
 */
pid_t command_start_handler(
    const struct command *command, int input, int output);

/* Returns what the end of a command means; status is that of waitpid(2). */
enum runner_result command_result(int status);

#endif
