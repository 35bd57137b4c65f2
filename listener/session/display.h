/* How a message is spelled for the output. */
#ifndef LISTENER_SESSION_DISPLAY_H
#define LISTENER_SESSION_DISPLAY_H

#include "common/chat1/responder.h"
#include "common/log/record.h"

enum display_form {
	DISPLAY_TERMINAL, /* local time, further lines indented */
	DISPLAY_LINE,     /* one line of text for each message */
	DISPLAY_JSON,     /* one line of JSON for each message */
};

struct display {
	enum display_form form;
	bool bold;           /* show names in bold, on a terminal */
	bool utf8;           /* the reader is known to read UTF-8 */
	unsigned columns;    /* width of the terminal; 0 if unknown */
	int64_t last;        /* when the previous message was shown, or 0 */
	const char *address; /* of the peer, numeric, without the port */
};

/*
 * Chooses the form for a reader: a terminal, and what the environment says of
 * it, or a pipe or file, which always gets UTF-8. Changes form, bold and utf8.
 */
void display_choose(struct display *display, bool json, bool terminal);

/* Maximum size of a message that is shown. No form is longer than JSON. */
#define SIZE_DISPLAY SIZE_RECORDS

/*
 * Spells a message, received at `received` (seconds since the epoch), into out,
 * which has room for SIZE_DISPLAY bytes. It ends with LF, without a NUL.
 * Returns its length in bytes. Each line of a batch is spelled like a message
 * of its own. Characters that text_is_unsafe() names are escaped, except
 * joiners that text_joins() allows, and the newlines of a text on a terminal.
 * Unless `utf8` is set, everything outside of ASCII is escaped too. On a
 * terminal, an indent follows each newline. Lines longer than the terminal are
 * broken, with an indent too. Otherwise the terminal would wrap the line
 * itself, and a text could start in the first column and look like another
 * message. A web address longer than a line is not broken, because it could not
 * be copied then. It contains no blanks and nothing that looks like one, and
 * what follows it starts on a new line. chat-listen(1), OUTPUT.
 */
size_t display_spell(const struct display *display,
    const struct message *message, int64_t received, char *out);

#endif
