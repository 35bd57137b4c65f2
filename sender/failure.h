/* A failure of chat-send: a status, and a message. */
#ifndef SENDER_FAILURE_H
#define SENDER_FAILURE_H

#include "sender/options.h"

#define SIZE_WHY 512 /* bytes of a message, with its NUL */

/* The message is one line: what is wrong, and what to do. */
struct failure {
	enum send_exit status; /* SEND_OK if nothing failed */
	char words[SIZE_WHY];
};

/* Fills in a failure, from a format as printf(3) has it. Returns the status. */
enum send_exit failure_set(struct failure *failure, enum send_exit status,
    const char *format, ...) __attribute__((format(printf, 3, 4)));

/* The same; the message ends with the text of errno. */
enum send_exit failure_of_system(struct failure *failure, enum send_exit status,
    const char *format, ...) __attribute__((format(printf, 3, 4)));

#endif
