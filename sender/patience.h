/*
 * The time that -t gives, for what comes before the first attempt: a directory
 * or a secret that is read from a FIFO or a hung disk, a look-up of who we
 * are, an answer on the terminal.
 */
#ifndef SENDER_PATIENCE_H
#define SENDER_PATIENCE_H

#include <stdint.h>

/* So many seconds from now, or with 0 for ever. */
void patience_start(unsigned seconds);

/*
 * What is waited for now. When it does not come in time, the process says so
 * and ends with SEND_TEMPORARY.
 */
void patience_for(const char *what);

/* Removes the limit. Returns the milliseconds since the start. */
int64_t patience_end(void);

#endif
