/* Where messages go: a terminal, a pipe, a file. */
#ifndef LISTENER_SESSION_OUTPUT_H
#define LISTENER_SESSION_OUTPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct output {
	int fd; /* a terminal, and most else: for writing only */
	bool terminal;
	bool file; /* a regular file: writing is limited by its size */
	bool pipe; /* a pipe or socket: a poll tells when its reader left */
	bool own;  /* reopened, so that O_NONBLOCK is ours alone */
};

/*
 * Looks at standard output and, where that is a terminal or a pipe, opens it
 * anew: for writing only and without blocking, which on the old descriptor
 * would change it for everybody who shares it. Returns 0, or CHAT_EIO with
 * errno set when there is no standard output, or when `terminal` is set and
 * what others type on it could be read by sessions.
 */
int output_open(struct output *output);

/*
 * The columns of a terminal as it is now, 80 where it does not say; 0 for
 * anything else.
 */
unsigned output_columns(const struct output *output);

/*
 * Writes len bytes, in one write where the kernel takes them so, until the
 * deadline (in clock_now_ms() time). *written says how many bytes went out.
 * Returns 0; CHAT_ECLOSED when the reader has gone; CHAT_EDEADLINE;
 * CHAT_EIO with errno set, for a full disk for example.
 */
int output_write(const struct output *output, const char *bytes, size_t len,
    int64_t deadline, size_t *written);

#endif
