/* The lines that are typed, or come from a pipe. */
#ifndef SENDER_CHAT_KEYBOARD_H
#define SENDER_CHAT_KEYBOARD_H

#include <stdbool.h>
#include <stddef.h>

/* Makes the terminal ready. Tab completes words, see editor.h. */
void keyboard_open(const char *(*next)(size_t n));

/* Whether there is somebody to ask. */
bool keyboard_is_terminal(void);

/*
 * Shows a prompt, which may change meanwhile, and returns the next line without
 * its newline: valid UTF-8, which lives until the next call. Returns NULL at
 * the end, or if the loop is over. At a terminal there may be another line.
 */
const char *keyboard_line(const char *prompt);

/*
 * The same, without echo; the caller wipes it. Returns NULL for one that cannot
 * be used, too, after saying so.
 */
char *keyboard_secret(const char *prompt);

/* Restores the terminal. */
void keyboard_close(void);

#endif
