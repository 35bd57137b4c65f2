/* The exit statuses of chat-send. chat-send(1), EXIT STATUS. */
#ifndef SENDER_EXIT_H
#define SENDER_EXIT_H

/* Those of sysexits(3), and some of our own. */
enum send_exit {
	SEND_OK = 0,
	SEND_MIXED = 1,   /* several recipients with different results */
	SEND_CHANGED = 2, /* -l: delivered, but lines were changed or divided */
	SEND_USAGE = 64,
	SEND_MESSAGE = 65,
	SEND_INPUT = 66,
	SEND_RECIPIENT = 67,
	SEND_HOST = 68,
	SEND_DECLINED = 69,
	SEND_INTERNAL = 70,
	SEND_IO = 74,
	SEND_TEMPORARY = 75,
	SEND_PROTOCOL = 76,
	SEND_AUTHENTICATION = 77,
	SEND_DIRECTORY = 78,
	SEND_UNKNOWN = 79,
	SEND_KEPT = 80, /* -s: not delivered yet, and in the spool */
};

#endif
