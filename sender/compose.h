/* The message: from the command line or from standard input. */
#ifndef SENDER_COMPOSE_H
#define SENDER_COMPOSE_H

#include <stdbool.h>
#include <stddef.h>

#include "common/base/limits.h"
#include "sender/options.h"

struct text {
	size_t len;
	char bytes[LIMIT_TEXT + 2]; /* room to see that there is more */
};

/*
 * Joins the words of the command line with one space each, and wipes them;
 * without any, or when the only one is "-" and not literal, reads standard
 * input to its end and drops one newline there. Ends the process, with a line
 * that says why, when no text that may travel comes of it, or when there are
 * two: words and data, see waiting.h.
 */
void compose_text(const struct options *options, struct text *text);

/*
 * Reads the next line of standard input that is not empty, without its
 * newline. Counts lines in *number. Returns false at the end of input. Ends
 * the process as compose_text() does, naming the line.
 */
bool compose_line(struct text *text, unsigned long *number);

#endif
