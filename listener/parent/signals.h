/* How signals affect chat-listen. */
#ifndef LISTENER_PARENT_SIGNALS_H
#define LISTENER_PARENT_SIGNALS_H

#include <stdbool.h>

/*
 * Sets the signals for the time before the loop: SIGHUP and SIGUSR1 are held
 * back, SIGINT and SIGTERM end the process. Call this before anything else that
 * registers a function with atexit(3) or on_exit(3): the one registered here
 * has to run last.
 */
void signals_prepare(void);

/*
 * Holds SIGINT and SIGTERM back, or no longer. Hold them around each fork(2):
 * only the parent handles them.
 */
void signals_hold(bool hold);

/* From now on exit(3) ends the process by this signal. 0 undoes that. */
void signals_end_by(int number);

#endif
