/*
 * The messages of -l: lines of standard input, and a stream of them for each
 * recipient. A recipient who is slow or off holds up nobody but themselves, as
 * long as there is room for what waits for them.
 */
#ifndef SENDER_LINES_H
#define SENDER_LINES_H

#include <stdbool.h>

#include "sender/delivery.h"

/* What there is for a recipient. */
enum lines_state {
	LINES_MESSAGE, /* it is in their delivery */
	LINES_WAIT,    /* no line has come yet */
	LINES_END,     /* the input is over */
};

/* Makes count streams ready. Ends the process where there is no memory. */
void lines_open(size_t count);

/* Standard input, when more of it is wanted, or -1. */
int lines_fd(void);

/* Reads some of it. It must be readable, or this waits. */
void lines_read(void);

/*
 * Takes the next message for a recipient into their delivery: its id, line and
 * time. The text is kept until lines_load().
 */
enum lines_state lines_next(size_t stream, struct delivery *delivery);

/* Copies the text of the message that was taken last. */
void lines_load(size_t stream, struct text *text);

/* Whether the attempts for a recipient fail just now. */
void lines_failing(size_t stream, bool failing);

/* The stream of a recipient ends here: what is left of it is counted. */
void lines_stop(size_t stream);

/*
 * One line on standard error about what was changed or left out, if anything
 * was. Returns the status for it, or SEND_OK.
 */
enum send_exit lines_summary(const struct delivery deliveries[]);

/* Messages left out for a recipient. */
unsigned long lines_left_out(size_t stream);

#endif
