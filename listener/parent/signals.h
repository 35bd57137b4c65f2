/* What signals do to the listener. */
#ifndef LISTENER_PARENT_SIGNALS_H
#define LISTENER_PARENT_SIGNALS_H

#include <stdbool.h>

/*
 * Before the loop: SIGHUP waits for it, SIGINT and SIGTERM end the process,
 * whatever it is waiting for. To be called before anything else is registered
 * for the exit: what it registers comes last there.
 */
void signals_prepare(void);

/*
 * Holds SIGINT and SIGTERM back for the loop, or no longer. They must be held
 * around each fork: children leave them to the listener.
 */
void signals_hold(bool hold);

/* From now on exit(3) ends the process by that signal, unless number is 0. */
void signals_end_by(int number);

#endif
