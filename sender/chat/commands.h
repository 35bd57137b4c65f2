/* The commands and messages that are typed. */
#ifndef SENDER_CHAT_COMMANDS_H
#define SENDER_CHAT_COMMANDS_H

#include <stdbool.h>
#include <stddef.h>

/* Words to complete, commands and names: the nth, or NULL. */
const char *commands_word(size_t n);

/*
 * Asks, and returns the answer, which lives until the next line is typed.
 * Commands work here too. Returns NULL if there is none.
 */
const char *commands_ask(const char *question);

/* Whether /quit was typed. */
bool commands_quit(void);

/*
 * Reads lines and does what they say, until the end of the input or /quit, and
 * then waits for what is on its way. `log` is the received log, or NULL.
 */
void commands_run(char *log);

#endif
