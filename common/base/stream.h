/* Lines over a connection, within a limit and a deadline. */
#ifndef COMMON_BASE_STREAM_H
#define COMMON_BASE_STREAM_H

#include <stdint.h>

#include "common/base/line.h"

/*
 * Reads one line of at most limit bytes, LF included, from fd, a non-blocking
 * descriptor, until the deadline (in clock_now_ms() time). Wipes the stack
 * before it waits, see wipe.h.
 * The two sides of the protocol take turns, so bytes after the LF are an error.
 * Bytes beyond the limit are not read.
 * Returns 0; CHAT_ECLOSED, with line->len set to the bytes that came before;
 * CHAT_EDEADLINE; CHAT_ETOOLONG; CHAT_EMALFORMED for bytes after the LF;
 * CHAT_EIO.
 */
int stream_read(int fd, struct line *line, size_t limit, int64_t deadline);

/*
 * The same for a process that has had no secret yet: the stack is not wiped, as
 * this takes memory, and strangers may never send a line.
 */
int stream_read_first(
    int fd, struct line *line, size_t limit, int64_t deadline);

/*
 * The same as stream_read(), but each 1000 bytes that have arrived extend the
 * deadline by `earned` milliseconds, so that a long line may take longer.
 */
int stream_read_slowly(
    int fd, struct line *line, size_t limit, int64_t deadline, int64_t earned);

/*
 * Reads exactly len bytes from fd, a non-blocking descriptor, until the
 * deadline. Returns 0, CHAT_ECLOSED, CHAT_EDEADLINE or CHAT_EIO.
 */
int stream_take(int fd, void *bytes, size_t len, int64_t deadline);

/*
 * Writes len bytes to fd, a non-blocking descriptor, until the deadline. Sets
 * *written, unless it is NULL, to the number of bytes written, after an error
 * too. Returns 0; CHAT_ECLOSED if the other side no longer reads;
 * CHAT_EDEADLINE; CHAT_EIO. The caller must ignore SIGPIPE.
 */
int stream_write(
    int fd, const char *bytes, size_t len, int64_t deadline, size_t *written);

#endif
