/* Whom a message is for: name, address, port, passwords. */
#ifndef SENDER_DESTINATION_H
#define SENDER_DESTINATION_H

#include "common/base/limits.h"
#include "sender/options.h"

#define SIZE_WHY 512 /* room for why a delivery failed, with its NUL */

/* Holds passwords: whoever has one calls destination_wipe(). */
struct destination {
	const char *typed;     /* the recipient, as on the command line */
	enum send_exit fault;  /* not SEND_OK: nothing can be sent there */
	char reason[SIZE_WHY]; /* for that fault */
	bool borrowed; /* no password of ours: the recipient's is both */
	char from[LIMIT_NAME + 1]; /* us */
	char to[LIMIT_NAME + 1];
	char host[LIMIT_HOST + 1];
	uint16_t port;
	char password_from[LIMIT_PASSWORD + 1];
	char password_to[LIMIT_PASSWORD + 1];
};

/*
 * Fills in one for each recipient: from the user directory, or from -a, -p
 * and -k; asks for the secret on the terminal where -a came without one. Of
 * the directory nothing but their passwords and ours is kept. A fault of one
 * recipient is noted in their destination. Any other ends the process, with a
 * line that says why.
 */
void destination_find(
    const struct options *options, struct destination destinations[]);

/* Writes the names in the directory to standard output, one a line. */
void destination_list(const struct options *options);

void destination_wipe(struct destination *destination);

#endif
