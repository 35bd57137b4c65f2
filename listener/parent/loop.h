/* The parent's loop: accepting, forking, waiting for children, deadlines. */
#ifndef LISTENER_PARENT_LOOP_H
#define LISTENER_PARENT_LOOP_H

#include "listener/parent/parent.h"

/*
 * Announces that chat-listen is ready, and serves until it has to end. `loaded`
 * is the keyholder's reply about the directory. Returns the exit status. If a
 * signal ends the loop before all messages of -c came, exit(3) ends the process
 * by that signal.
 */
int loop_run(struct parent *parent, const struct loaded *loaded);

#endif
