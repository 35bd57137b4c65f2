/* Where messages are written: a terminal, a pipe, a file. */
#ifndef LISTENER_SESSION_OUTPUT_H
#define LISTENER_SESSION_OUTPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct output {
	int fd; /* a terminal or a pipe is open only for writing */
	bool terminal;
	bool file; /* a regular file: a file size limit applies */
	bool pipe; /* a pipe or socket: poll(2) tells when its reader leaves */
	bool own;  /* opened by us: only we have it non-blocking */
	bool people;      /* shown as on a terminal, which it may not be */
	unsigned columns; /* of a terminal that does not tell; 0: unknown */
};

/*
 * Fills in *output from standard output. A terminal or a pipe is opened again,
 * only for writing and non-blocking: to make standard output itself
 * non-blocking would affect everybody who shares it. Returns 0. Returns
 * CHAT_EIO with errno set if standard output is closed, or if it is a terminal
 * that cannot be opened again (`terminal` is set then): sessions could read
 * what is typed there.
 */
int output_open(struct output *output);

/*
 * Shows messages as on a terminal, although another program reads them: its
 * terminal, which may be our standard input, has so many columns; 0 if unknown.
 */
void output_show_people(struct output *output, unsigned columns);

/*
 * Returns the current width of the terminal that people see, 80 columns if it
 * is unknown; 0 if the output is not for people.
 */
unsigned output_columns(const struct output *output);

/*
 * Writes len bytes until the deadline (in clock_now_ms() time), with a single
 * write(2) if possible. *written is set to the number of bytes written, after
 * an error too. Returns 0; CHAT_ECLOSED if the reader has gone; CHAT_EDEADLINE;
 * CHAT_EIO with errno set, such as for a full disk.
 */
int output_write(const struct output *output, const char *bytes, size_t len,
    int64_t deadline, size_t *written);

#endif
