/* One run of the user's command. */
#ifndef LISTENER_RUNNER_COMMAND_H
#define LISTENER_RUNNER_COMMAND_H

#include <stdbool.h>
#include <sys/types.h>

#include "listener/link/session_runner.h"

/*
 * Whether a command may see this. Who asks may be a session that was taken
 * over: names must be names, the text (len bytes) must be one that travels.
 */
bool command_accepts(
    const struct runner_request *request, const char *text, size_t len);

/*
 * Starts /bin/sh -c command in a process group of its own, with the text (len
 * bytes) on its standard input, and what the request says in its environment,
 * which has PATH besides and nothing else. It dies with its parent. Returns
 * its process id, or -1 with errno set. chat-listen(1), DELIVERY TO A COMMAND.
 */
pid_t command_start(const char *command, const struct runner_request *request,
    const char *text, size_t len);

/* Kills a command not waited for yet, and what is left of its group. */
void command_kill(pid_t pid);

/* What the end of a command means; status is that of waitpid(2). */
enum runner_result command_result(int status);

#endif
