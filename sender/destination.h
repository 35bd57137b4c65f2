/* Whom a message is for: name, address, port, passwords. */
#ifndef SENDER_DESTINATION_H
#define SENDER_DESTINATION_H

#include "common/base/limits.h"
#include "sender/options.h"

/* Holds passwords: whoever has one calls destination_wipe(). */
struct destination {
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
 * the directory nothing but their passwords and ours is kept. Ends the
 * process, with a line that says why, when something is missing.
 */
void destination_find(
    const struct options *options, struct destination destinations[]);

/* Writes the names in the directory to standard output, one a line. */
void destination_list(const struct options *options);

void destination_wipe(struct destination *destination);

#endif
