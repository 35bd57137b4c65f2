/*
 * Opening the directory's file. This may block for ever, if it is a FIFO
 * without a writer or on a server that has gone. So a separate process opens
 * it; meanwhile the parent can serve and be stopped.
 */
#ifndef LISTENER_PARENT_OPENING_H
#define LISTENER_PARENT_OPENING_H

/*
 * Starts a process that opens path for reading; `flags` are added to those of
 * open(2). Returns a descriptor that becomes readable when the process has a
 * result: the caller passes it to opening_end(). Returns -1 with errno set if
 * there is no such process.
 */
int opening_start(const char *path, int flags);

/*
 * Waits for the result and closes that descriptor. Returns the open file, which
 * the caller closes; or -1 with errno set to why it could not be opened.
 */
int opening_end(int opening);

#endif
