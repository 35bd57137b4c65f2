/* The loop of the listener: accept, fork, reap, time. */
#ifndef LISTENER_PARENT_LOOP_H
#define LISTENER_PARENT_LOOP_H

#include "listener/parent/parent.h"

/*
 * Tells that the listener is ready, and serves until there is a reason to end.
 * loaded is what the keyholder told of the directory. Returns the exit status;
 * where a signal came before all messages of -c did, exit(3) then ends the
 * process by that signal.
 */
int loop_run(struct parent *parent, const struct loaded *loaded);

#endif
