/* The three standard descriptors, which may be closed when we are started. */
#ifndef COMMON_BASE_DESCRIPTORS_H
#define COMMON_BASE_DESCRIPTORS_H

#include <stdbool.h>

/*
 * Opens each standard descriptor that is closed, so that no other file gets its
 * number. Reading from such a standard input fails, and so does writing to such
 * a standard output; such a standard error discards what is written. Returns 0,
 * or CHAT_EIO with errno set.
 */
int descriptors_fill(void);

/* Return whether fd is open for reading, or for writing. */
bool descriptors_can_read(int fd);
bool descriptors_can_write(int fd);

#endif
