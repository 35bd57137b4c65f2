/* The loop of the listener: accept, fork, reap, signals, time. */
#ifndef LISTENER_PARENT_LOOP_H
#define LISTENER_PARENT_LOOP_H

#include "listener/parent/listener.h"

/*
 * What signals do before serve(): SIGHUP waits for it, SIGINT and SIGTERM
 * end the process, whatever it is waiting for.
 */
void serve_prepare(void);

/*
 * Holds SIGINT and SIGTERM back for serve(), or not any more. They must be
 * held around each fork: children leave them to the listener.
 */
void serve_signals(bool hold);

/* Serves until there is a reason to end. Returns the exit status. */
int serve(struct listener *listener);

#endif
