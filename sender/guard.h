/* What each program that will have passwords does first. */
#ifndef SENDER_GUARD_H
#define SENDER_GUARD_H

/*
 * Forbids core files and tracing, opens the standard descriptors that are
 * closed, ignores SIGPIPE and not SIGCHLD, and makes sure that random numbers
 * can be drawn. Ends the process with SEND_INTERNAL and a message if something
 * fails.
 */
void guard_start(void);

#endif
