/* The loop of the listener: accept, fork, reap, signals, time. */
#ifndef LISTENER_PARENT_LOOP_H
#define LISTENER_PARENT_LOOP_H

#include "listener/parent/parent.h"

/*
 * What signals do before loop_run(): SIGHUP waits for it, SIGINT and SIGTERM
 * end the process, whatever it is waiting for. To be called before anything
 * else is registered for the exit: what it registers comes last there.
 */
void loop_prepare(void);

/*
 * Holds SIGINT and SIGTERM back for loop_run(), or not any more. They must be
 * held around each fork: children leave them to the listener.
 */
void loop_hold_signals(bool hold);

/* Says, once a directory was read, whom it lets in beside those in it. */
void loop_tell_loaded(
    const struct options *options, const struct loaded *loaded);

/*
 * Serves until there is a reason to end. Returns the exit status; where a
 * signal came before all messages of -c did, exit(3) then ends the process by
 * that signal.
 */
int loop_run(struct parent *parent);

#endif
