/* Checks the command line of -x, before any message. */
#ifndef LISTENER_RUNNER_SCRIPT_H
#define LISTENER_RUNNER_SCRIPT_H

#include <stdbool.h>

/*
 * Finds lines that run no command. Such a line succeeds, so all messages would
 * be receipted and lost. Found are lines of comments, redirections,
 * assignments, variables that are not passed on, and exec, eval or command
 * without a word. Lines that run a command are never found; some that run none
 * are missed.
 * Returns NULL, or a sentence that says what the line has instead of a command,
 * a constant string.
 */
const char *script_fault(const char *line);

/*
 * Returns whether the shell can parse the line. If not, the shell prints why.
 */
bool script_is_readable(const char *line);

#endif
