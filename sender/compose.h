/* The message: from the command line or from standard input. */
#ifndef SENDER_COMPOSE_H
#define SENDER_COMPOSE_H

#include <stddef.h>

#include "common/base/limits.h"
#include "sender/options.h"

struct text {
	size_t len;
	char bytes[LIMIT_TEXT + 2]; /* room to see that there is more */
};

/*
 * Joins the words of the command line with one space each, and wipes them.
 * Without any, or when the only one is "-" and not literal, reads standard
 * input to its end, and drops one newline there. Ends the process, with a line
 * that says why, unless the text may travel, or when there are two: words and
 * data, see waiting.h.
 */
void compose_text(const struct options *options, struct text *text);

/* Ends the process, with a line that says so, when standard input is closed. */
void compose_need_input(void);

#endif
