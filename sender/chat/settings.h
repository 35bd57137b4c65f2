/* The command line of chat-terminal, and the questions for what it lacks. */
#ifndef SENDER_CHAT_SETTINGS_H
#define SENDER_CHAT_SETTINGS_H

#include <limits.h>
#include <stdbool.h>

struct settings {
	char directory[PATH_MAX]; /* empty: to be asked for */
	char port[8];             /* the same */
	char *user, *log;         /* or NULL */
	unsigned keep_s;          /* 0: nothing is kept */
	bool asks_port;           /* again, if it cannot be used */
};

/* Reads options and environment. Ends the process after mistakes. */
void settings_read(int argc, char *argv[], struct settings *settings);

/*
 * Asks for what is missing, and reads the names in the directory. Returns
 * false if the program has to end.
 */
bool settings_ask(struct settings *settings);

/* Asks for the port. Returns false if there is no answer. */
bool settings_ask_port(struct settings *settings);

#endif
