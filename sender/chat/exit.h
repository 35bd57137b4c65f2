/* The exit statuses of chat-terminal. chat-terminal(1), EXIT STATUS. */
#ifndef SENDER_CHAT_EXIT_H
#define SENDER_CHAT_EXIT_H

enum terminal_exit {
	TERMINAL_USAGE = 64,
	TERMINAL_MISSING = 69,
	TERMINAL_SYSTEM = 71, /* that of chat-listen for a port in use, too */
	TERMINAL_OUTPUT = 74,
};

#endif
