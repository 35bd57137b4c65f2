/* Editing the typed line, with a library or not at all. */
#ifndef SENDER_CHAT_EDITOR_H
#define SENDER_CHAT_EDITOR_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Starts to edit on a terminal that echoes nothing; it echoes nothing between
 * two lines either, and has no other setting changed there. The tab key
 * completes words that next(n) returns for n = 0, 1, ... up to NULL. Returns
 * false if this program cannot edit lines.
 */
bool editor_open(const char *(*next)(size_t n));

/*
 * Returns the next line as UTF-8, or NULL at the end; the string lives until
 * the next call. While it waits, everything that loop_serve() writes appears
 * above the line, and *prompt may change. A paste of several lines is one line
 * with newlines in it, but none at its end. *spoilt tells that bytes were left
 * out that are no text.
 */
const char *editor_line(const char *prompt, bool *spoilt);

/* Remembers a line, as long as this program runs. */
void editor_remember(const char *line);

/* Leaves a terminal that echoes nothing. */
void editor_close(void);

#endif
