/* The loop of the listener: accept, fork, reap, signals, time. */
#ifndef LISTENER_SERVE_H
#define LISTENER_SERVE_H

#include "listener/listener.h"

/*
 * Blocks the signals that serve() handles, for this process and those that it
 * forks. To be called before the first fork.
 */
void serve_prepare(void);

/*
 * Forks a session that gives up its rights and ends. Whether that worked:
 * where it does not, there must be no listener.
 */
bool serve_trial(const struct listener *listener);

/* Serves until there is a reason to end. Returns the exit status. */
int serve(struct listener *listener);

#endif
