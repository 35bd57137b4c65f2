/* The lines that are typed, or come from a pipe. */
#ifndef SENDER_CHAT_KEYBOARD_H
#define SENDER_CHAT_KEYBOARD_H

#include <stdbool.h>

#include "common/base/limits.h"

void keyboard_open(void);

/* Whether there is somebody to ask. */
bool keyboard_is_terminal(void);

/*
 * Shows a prompt, which may change meanwhile, and returns the next line without
 * its newline: valid UTF-8, which lives until the next call. Returns NULL at
 * the end, after which the loop is over.
 */
const char *keyboard_line(const char *prompt);

/* The same, without echo; the caller wipes it. It has no newline. */
char *keyboard_secret(const char *prompt);

/* Restores the terminal. */
void keyboard_close(void);

#endif
