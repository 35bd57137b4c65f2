/* The message: from the command line or from standard input. */
#ifndef SENDER_COMPOSE_H
#define SENDER_COMPOSE_H

#include <stddef.h>

#include "common/base/limits.h"
#include "sender/options.h"

struct text {
	size_t len;
	char bytes[LIMIT_TEXT + 2]; /* a longer message shows */
};

/*
 * Fills in the text of the message. Joins the words of the command line with
 * single spaces, and wipes them. Without words, or if the only word is "-" and
 * not literal, reads standard input to its end and drops one newline from its
 * end. Ends the process with a message if the text is not valid, or if there
 * are words and data on standard input, see waiting.h.
 */
void compose_text(const struct options *options, struct text *text);

/* Ends the process with a message if standard input is closed. */
void compose_need_input(void);

#endif
