/* The destination of a message: name, address, port, passwords. */
#ifndef SENDER_DESTINATION_H
#define SENDER_DESTINATION_H

#include "common/base/limits.h"
#include "sender/endpoint.h"
#include "sender/failure.h"
#include "sender/vault.h"

struct destination {
	const char *typed;      /* the recipient's name as the user typed it */
	struct failure failure; /* with a status: nothing can be sent to them */
	bool borrowed;          /* both passwords are the recipient's */
	char from[LIMIT_NAME + 1]; /* our name */
	char to[LIMIT_NAME + 1];
	struct endpoint endpoint;
	struct password_pair *passwords; /* in the vault */
};

/*
 * Fills in a destination for each recipient, from the user directory or from
 * -a, -p and -k. With -a but without -k or an entry, asks for the password on
 * the terminal, unless -s is used. Puts the passwords into the vault. They have
 * no other copy; deliver_once() wipes them. A failure that concerns one
 * recipient is stored in their destination. Returns SEND_OK, or another status
 * with *failure set if it concerns all.
 */
enum send_exit destination_find(const struct options *options,
    struct destination destinations[], struct failure *failure);

/*
 * Writes the names in the directory to standard output, one on each line; with
 * `verbose`, the host and the port follow each name.
 * Returns SEND_OK, or another status with *failure set.
 */
enum send_exit destination_list(
    const struct options *options, struct failure *failure);

#endif
