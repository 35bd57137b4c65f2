/*
 * Opening the directory's file. That may take for ever: a FIFO that nobody
 * writes, a file on a server that has gone. So a process of its own does it,
 * and the listener can be stopped, and goes on serving, meanwhile.
 */
#ifndef LISTENER_PARENT_OPENING_H
#define LISTENER_PARENT_OPENING_H

/*
 * Starts a process that opens path for reading, with these flags of open(2)
 * more. Returns a descriptor that is readable once it has ended, to be given
 * to opening_end(); or -1 with errno set.
 */
int opening_start(const char *path, int flags);

/*
 * Waits for that process, and closes the descriptor. Returns the open file;
 * or -1 with errno set to why it could not be opened.
 */
int opening_end(int opening);

#endif
