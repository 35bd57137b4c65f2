/*
 * The time limit of -t for what happens before the first attempt: reading a
 * directory or a secret from a FIFO or a hung disk, finding our login name, an
 * answer on the terminal.
 */
#ifndef SENDER_PATIENCE_H
#define SENDER_PATIENCE_H

#include <stdint.h>

#include "sender/failure.h"

/*
 * Sets a limit of so many seconds from now; 0 sets none. When the limit is
 * reached, a signal handler calls report() and ends the process with
 * SEND_TEMPORARY; prepare() was given the failure to report. Returns 0 or
 * CHAT_EIO.
 */
int patience_start(unsigned seconds, void (*prepare)(const struct failure *),
    void (*report)(void));

/* Names what we wait for from now on, and prepares the report about it. */
void patience_for(const char *what);

/*
 * Removes the limit. Returns the milliseconds since the start; 0 if there was
 * no limit.
 */
int64_t patience_end(void);

#endif
