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

/*
 * Returns the terminal where people read what we write, as a descriptor, or -1:
 * if a program copies our output, as in "chat-terminal | tee file", standard
 * input tells which terminal that is.
 */
int screen_terminal(void);

/* Its present width; 80 if it is unknown. */
unsigned screen_columns(void);

/* Whether a line can be edited: we read and write the same terminal. */
bool screen_can_edit(void);

/*
 * Sets what only some terminals understand: marks around what is pasted, if
 * lines can be edited, and a title. screen_end() returns what ends both.
 */
void screen_begin(void);
const char *screen_end(void);

/* Turns the marks around what is pasted on or off. */
void screen_mark_pastes(bool on);

/* A message came; something was typed. The title tells how many are unread. */
void screen_arrived(void);
void screen_typed(void);

/*
 * Writes bytes as they are. If that fails, says so, and the loop is over; later
 * bytes are dropped.
 */
void screen_put(const char *bytes, size_t len);

/* Writes a line that a program has laid out; puts a newline after it. */
void screen_line(char *line, size_t len);

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

/* The same for several lines; changes them. */
void screen_relay_all(char *lines);

#endif
