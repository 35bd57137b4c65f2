/* Lines over a connection, within a limit and a deadline. */
#ifndef COMMON_BASE_STREAM_H
#define COMMON_BASE_STREAM_H

#include <stdint.h>

#include "common/base/line.h"

/*
 * Reads one line of at most limit bytes, LF included, from fd, a
 * non-blocking descriptor, until the deadline (in clock_now_ms() time).
 * The protocol takes turns, therefore bytes behind the LF are an offence
 * where they are seen: reading stops at the limit. Wipes the stack first, see
 * wipe.h.
 * Returns 0; CHAT_ECLOSED, with line->len the bytes that came before;
 * CHAT_EDEADLINE; CHAT_ETOOLONG; CHAT_EMALFORMED; CHAT_EIO.
 */
int stream_read(int fd, struct line *line, size_t limit, int64_t deadline);

/*
 * The same, but each 1000 bytes that have come earn so many milliseconds: a
 * long line may take longer.
 */
int stream_read_slowly(
    int fd, struct line *line, size_t limit, int64_t deadline, int64_t earned);

/*
 * Reads exactly len bytes, and no more. Returns as stream_read() does, but
 * for what has to do with lines.
 */
int stream_take(int fd, void *bytes, size_t len, int64_t deadline);

/*
 * Writes len bytes to fd, a non-blocking descriptor, until the deadline.
 * *written, when not NULL, says how many went out. Returns 0; CHAT_ECLOSED
 * when nobody can read any more; CHAT_EDEADLINE; CHAT_EIO. SIGPIPE must be
 * ignored.
 */
int stream_write(
    int fd, const char *bytes, size_t len, int64_t deadline, size_t *written);

#endif
