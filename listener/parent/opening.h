/*
 * Opening the directory's file, or that of the log. This may block for ever, if
 * it is a FIFO without a writer or on a server that has gone. So a separate
 * process opens it; meanwhile the parent can serve and be stopped.
 */
#ifndef LISTENER_PARENT_OPENING_H
#define LISTENER_PARENT_OPENING_H

#include <stdbool.h>

/*
 * Starts a process that opens path; `flags` are those of open(2). With O_CREAT
 * the file gets mode 600 if it is new, and its folder is synced. Returns a
 * descriptor that becomes readable when the process has a result: the caller
 * passes it to opening_end(). Returns -1 with errno set if there is no such
 * process.
 */
int opening_start(const char *path, int flags);

/*
 * Waits until a descriptor becomes readable, for some seconds at most. Then
 * says, unless quiet, what we wait for: that path `what`.
 */
void opening_wait(
    int descriptor, const char *path, const char *what, bool quiet);

/*
 * Waits for the result and closes that descriptor. Returns the open file, which
 * the caller closes; or -1 with errno set to why it could not be opened.
 */
int opening_end(int opening);

#endif
