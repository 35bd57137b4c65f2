/* The command line of -x, before any message: whether it can handle one. */
#ifndef LISTENER_RUNNER_SCRIPT_H
#define LISTENER_RUNNER_SCRIPT_H

#include <stdbool.h>

/*
 * Finds lines for /bin/sh that run no command. Their status is 0, so all
 * messages would be receipted and lost. Lines are found that consist of
 * comments, redirections, assignments, exec, eval or command without a word,
 * and variables that are not passed on.
 * Returns NULL, or a sentence that says what is there instead of a command, a
 * constant string. Whatever runs a command is not found; what runs none, but
 * takes more than a look to see that, is not found either.
 */
const char *script_fault(const char *line);

/* Whether the shell can read the line. If not, the shell prints why. */
bool script_is_readable(const char *line);

#endif
