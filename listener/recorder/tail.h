/* Finding the last lines of a long file, without reading all of it. */
#ifndef LISTENER_RECORDER_TAIL_H
#define LISTENER_RECORDER_TAIL_H

#include <stddef.h>
#include <sys/types.h>

/*
 * Looks for the last `most` lines that end with LF in the first `size` bytes of
 * a file. Sets *start to the offset of the first of them and *lines to their
 * number. Bytes behind the last LF do not count. Returns 0, or CHAT_EIO with
 * errno set.
 */
int tail_find(int fd, off_t size, size_t most, off_t *start, size_t *lines);

/*
 * Counts the LFs in the first `size` bytes of a file. Returns 0, or CHAT_EIO
 * with errno set.
 */
int tail_count(int fd, off_t size, unsigned long *lines);

/*
 * Reads exactly len bytes at offset. Returns 0, or CHAT_EIO with errno set;
 * errno is 0 if the file ends before.
 */
int tail_read(int fd, void *bytes, size_t len, off_t offset);

#endif
