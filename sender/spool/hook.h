/* The command of -x, for a message that is given up. */
#ifndef SENDER_SPOOL_HOOK_H
#define SENDER_SPOOL_HOOK_H

#include "sender/keep/state.h"
#include "sender/spool/parcel.h"

/*
 * Runs the command, unless it is NULL, as shell_start() does, and waits for it,
 * LIMIT_COMMAND_S seconds at most. Then what it has started is killed. It has
 * the text as its standard input, and the rest in its environment. Tells on
 * standard error if it fails.
 */
void hook_run(const char *command, const struct parcel *parcel,
    const struct state *state, const char *id);

#endif
