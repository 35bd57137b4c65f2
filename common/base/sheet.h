/*
 * Laying out text that a stranger wrote, so that it is safe to show: no
 * character that it contains moves the cursor or is invisible, and no line of
 * it starts in the first column. chat-listen(1), OUTPUT.
 */
#ifndef COMMON_BASE_SHEET_H
#define COMMON_BASE_SHEET_H

#include <stdbool.h>
#include <stddef.h>

struct sheet {
	char *out;  /* the caller's; has room for all that is put */
	bool utf8;  /* the reader is known to read UTF-8 */
	bool lines; /* a newline starts a line; otherwise it is escaped */
	size_t len; /* bytes in out; sheet.c's own from here on */
	size_t column, columns; /* columns is 0 if the width is unknown */
	bool loose;             /* in a long link, which the terminal wraps */
};

/* Puts a string as it is. */
void sheet_put(struct sheet *sheet, const char *string);

/*
 * From now on, breaks lines longer than so many columns, unless the terminal is
 * too narrow for that. `header` is the width of what was put before, in
 * columns; it may be longer than a line. If it fills a line, the next character
 * starts another.
 */
void sheet_wrap(struct sheet *sheet, size_t columns, size_t header);

/*
 * Puts a text of UTF-8. Characters that text_is_unsafe() names are escaped,
 * except joiners that text_joins() allows. Unless `utf8` is set, everything
 * outside of ASCII is escaped too.
 */
void sheet_put_text(struct sheet *sheet, const char *text, size_t len);

#endif
