/*
 * The messages of -l: lines of standard input. Each recipient has a stream of
 * them. The lines that wait when a message begins are in that message, as a
 * batch, if they fit; no line waits for another to come. A recipient who is
 * slow or off delays nobody else, while the buffer has room.
 */
#ifndef SENDER_LINES_H
#define SENDER_LINES_H

#include <stdbool.h>

#include "sender/delivery.h"
#include "sender/failure.h"

/* What lines_next() found. */
enum lines_state {
	LINES_MESSAGE, /* it is in the delivery */
	LINES_WAIT,    /* there is no line yet */
	LINES_END,     /* the input has ended */
};

/*
 * Prepares `count` streams. With `each`, no message has more than one line.
 * Returns SEND_OK, or another status with *failure set.
 */
enum send_exit lines_open(size_t count, bool each, struct failure *failure);

/* Returns standard input if more of it is wanted, else -1. */
int lines_fd(void);

/* Reads from standard input. Blocks unless that is readable. */
void lines_read(void);

/*
 * Takes the next message of a stream: puts its id, lines and time into the
 * delivery; id and time are those of its first line. lines_load() then provides
 * its text.
 */
enum lines_state lines_next(size_t stream, struct delivery *delivery);

/* Copies the text of the message that lines_next() took last. */
void lines_load(size_t stream, struct text *text);

/*
 * The same as lines_next(), for the line of -e that is `n` behind the next one,
 * and as lines_load(); but nothing is taken. Without -e, there is no such line.
 */
bool lines_peek(size_t stream, size_t n, struct delivery *delivery);
void lines_load_next(size_t stream, size_t n, struct text *text);

/* Whether each line is a message of its own. */
bool lines_are_each(void);

/* Tells whether attempts for this recipient currently fail. */
void lines_failing(size_t stream, bool failing);

/* Ends the stream of a recipient. Lines left in it count as left out. */
void lines_stop(size_t stream);

/*
 * Prints one line on standard error about lines that were changed or left out,
 * if there were any. Returns SEND_CHANGED, SEND_INPUT if reading failed, or
 * SEND_OK.
 */
enum send_exit lines_summary(const struct delivery deliveries[]);

/* Returns how many lines were left out for a recipient. */
unsigned long lines_left_out(size_t stream);

#endif
