/* How a message is shown: the one place that prints what a peer wrote. */
#ifndef LISTENER_SESSION_DISPLAY_H
#define LISTENER_SESSION_DISPLAY_H

#include "common/chat1/responder.h"
#include "listener/link/json.h"

enum display_form {
	DISPLAY_TERMINAL, /* local time, further lines indented */
	DISPLAY_LINE,     /* one line of text for each message */
	DISPLAY_JSON,     /* one line of JSON for each message */
};

struct display {
	enum display_form form;
	bool bold;           /* names, on a terminal */
	bool utf8;           /* the reader is known to read it */
	unsigned columns;    /* of the terminal; 0 when that is unknown */
	int64_t last;        /* when the message before was shown, or 0 */
	const char *address; /* of the peer, numeric */
};

/* The most bytes that a message can become; no form is longer than JSON. */
#define SIZE_DISPLAY SIZE_JSON

/*
 * Spells a message, which came in at `received` (seconds since the epoch),
 * into SIZE_DISPLAY bytes, ending with LF. Returns the number of bytes. No
 * character that text_is_unsafe() names comes out, but for joiners where
 * text_joins() lets them, and for the newlines of a text on a terminal; and
 * unless `utf8` is set, nothing but ASCII. Those newlines are followed by an
 * indent. So is the end of each of the terminal's lines, where its own wrapping
 * would let a text begin in the first column, and so forge another message. The
 * one exception is an address of the web that is longer than a line, as it
 * could not be copied from the terminal then: it has neither blanks nor
 * anything that looks so, and what follows it starts a line of its own.
 * chat-listen(1), OUTPUT.
 */
size_t display_spell(const struct display *display,
    const struct message *message, int64_t received, char *out);

#endif
