/* The commands and messages that are typed. */
#ifndef SENDER_CHAT_COMMANDS_H
#define SENDER_CHAT_COMMANDS_H

#include <stdbool.h>

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
