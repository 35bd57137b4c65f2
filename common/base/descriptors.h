/* The three standard descriptors, which whoever starts us may have closed. */
#ifndef COMMON_BASE_DESCRIPTORS_H
#define COMMON_BASE_DESCRIPTORS_H

#include <stdbool.h>

/*
 * Opens those that are closed, so that nothing else gets their numbers: to
 * be read, standard input fails, and to be written, standard output. Standard
 * error takes all and drops it. Returns 0, or CHAT_EIO with errno set.
 */
int descriptors_fill(void);

/* Whether fd is open, and open for this. */
bool descriptors_can_read(int fd);
bool descriptors_can_write(int fd);

#endif
