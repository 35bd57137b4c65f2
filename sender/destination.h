/* The destination of a message: name, address, port, passwords. */
#ifndef SENDER_DESTINATION_H
#define SENDER_DESTINATION_H

#include "common/base/limits.h"
#include "sender/options.h"

#define SIZE_WHY 512 /* room for a reason, with its NUL */

/* Contains passwords: the owner wipes it with destination_wipe(). */
struct destination {
	const char *typed;     /* the recipient's name as the user typed it */
	enum send_exit fault;  /* if not SEND_OK, nothing can be sent to them */
	char reason[SIZE_WHY]; /* for that fault */
	bool borrowed;         /* both passwords are the recipient's */
	char from[LIMIT_NAME + 1]; /* our name */
	char to[LIMIT_NAME + 1];
	char host[LIMIT_HOST + 1];
	uint16_t port;
	char password_from[LIMIT_PASSWORD + 1];
	char password_to[LIMIT_PASSWORD + 1];
};

/*
 * Fills in a destination for each recipient, from the user directory or from
 * -a, -p and -k. With -a but without -k or an entry, asks for the secret on the
 * terminal. Keeps nothing of the directory but the passwords of these
 * recipients and of us. A fault that concerns one recipient is stored in their
 * destination; any other ends the process with a message.
 */
void destination_find(
    const struct options *options, struct destination destinations[]);

/* Writes the names in the directory to standard output, one a line. */
void destination_list(const struct options *options);

void destination_wipe(struct destination *destination);

#endif
