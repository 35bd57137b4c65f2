/* Why chat-send cannot do what it was asked to: a status, and words. */
#ifndef SENDER_FAILURE_H
#define SENDER_FAILURE_H

#include "sender/options.h"

#define SIZE_WHY 512 /* room for why a delivery failed, with its NUL */

/* Words for people, on one line: what is wrong, and what to do. */
struct failure {
	enum send_exit status; /* SEND_OK: nothing failed */
	char words[SIZE_WHY];
};

/* Fills it in. Returns the status. */
enum send_exit failure_set(struct failure *failure, enum send_exit status,
    const char *format, ...) __attribute__((format(printf, 3, 4)));

/* The same; the words end with what errno means. */
enum send_exit failure_of_system(struct failure *failure, enum send_exit status,
    const char *format, ...) __attribute__((format(printf, 3, 4)));

#endif
