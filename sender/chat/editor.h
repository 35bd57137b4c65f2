/* Editing the typed line, with a library or not at all. */
#ifndef SENDER_CHAT_EDITOR_H
#define SENDER_CHAT_EDITOR_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Makes the terminal ready. Between two lines it echoes nothing, and has no
 * other setting changed. Returns false if this program cannot edit lines.
 */
bool editor_open(void);

/*
 * Returns the next line as UTF-8, or NULL at the end; the string lives until
 * the next call. While it waits, everything that loop_serve() writes appears
 * above the line, and *prompt may change. A paste of several lines is one line
 * with newlines in it. *spoilt tells that bytes were left out that are no text.
 */
const char *editor_line(const char *prompt, bool *spoilt);

/* Remembers a line, as long as this program runs. */
void editor_remember(const char *line);

/* The tab key completes words that next(n) returns for n = 0, 1, ... */
void editor_complete(const char *(*next)(size_t n));

/* Restores the terminal. */
void editor_close(void);

#endif
