/* What chat-terminal shows. */
#ifndef SENDER_CHAT_SCREEN_H
#define SENDER_CHAT_SCREEN_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Finds out how wide the terminal is and whether it reads UTF-8; if only its
 * own settings tell that it does, sets LC_ALL, for the programs that we start.
 */
void screen_open(void);

/* Whether we write to a terminal, and whether a line can be edited there. */
bool screen_is_terminal(void);
bool screen_can_edit(void);

/* The present width of the terminal; 80 if it is unknown. */
unsigned screen_columns(void);

/* Writes bytes as they are. */
void screen_put(const char *bytes, size_t len);

/*
 * Writes a prompt, and remembers that it is there: other output starts a new
 * line. screen_prompted() tells whether it is still the last line.
 */
void screen_prompt(const char *prompt);
bool screen_prompted(void);
void screen_entered(void); /* the user has ended that line */

/*
 * Writes a line, which starts with "chat: ". Long lines are broken and unsafe
 * characters escaped, so that what it quotes cannot look like another line.
 */
void screen_say(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* The same for a line that a program wrote, which begins with its name. */
void screen_relay(const char *line, size_t len);

#endif
