/* The exit statuses of chat-listen. chat-listen(1), EXIT STATUS. */
#ifndef LISTENER_EXIT_H
#define LISTENER_EXIT_H

/* Values of sysexits(3); the last is that of timeout(1). */
enum listen_exit {
	LISTEN_OK = 0,
	LISTEN_USAGE = 64,
	LISTEN_SYSTEM = 71,
	LISTEN_OUTPUT = 74,
	LISTEN_DIRECTORY = 78,
	LISTEN_TIMEOUT = 124,
};

#endif
