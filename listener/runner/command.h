/* One run of the user's command. */
#ifndef LISTENER_RUNNER_COMMAND_H
#define LISTENER_RUNNER_COMMAND_H

#include <stdbool.h>
#include <sys/types.h>

#include "common/base/privdrop.h"
#include "listener/link/session_runner.h"

#define COMMAND_SETTINGS 3 /* PATH, HOME, and one that names a locale */

/*
 * Whether a command may see this. Who asks may be a session that was taken
 * over: names must be names, the text (len bytes) must be one that travels.
 */
bool command_accepts(
    const struct runner_request *request, const char *text, size_t len);

/* What there is to run, and how. */
struct command {
	const char *line; /* for /bin/sh -c */
	bool json;        /* its input is a line of JSON, and not the text */
	char *settings[COMMAND_SETTINGS + 1]; /* for its environment; NULL ends
						 them */
};

/*
 * Gathers what all runs of the command have in their environment: PATH, a
 * locale of UTF-8, and the HOME of the user whom commands run as (as root,
 * that of the jail), where one is known. Returns 0 or CHAT_EINTERNAL.
 */
int command_prepare(struct command *command, const struct jail *jail);

/*
 * Starts /bin/sh -c in a process group of its own, with the text (len bytes),
 * or a line of JSON, on its standard input, and with its settings and what the
 * request says in its environment, and nothing else. It dies with its parent.
 * Returns its process id, or -1 with errno set. chat-listen(1), DELIVERY TO A
 * COMMAND.
 */
pid_t command_start(const struct command *command,
    const struct runner_request *request, const char *text, size_t len);

/* Kills a command not waited for yet, and what is left of its group. */
void command_kill(pid_t pid);

/* What the end of a command means; status is that of waitpid(2). */
enum runner_result command_result(int status);

#endif
