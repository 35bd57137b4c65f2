/* The destination of a message: name, address, port, passwords. */
#ifndef SENDER_DESTINATION_H
#define SENDER_DESTINATION_H

#include "common/base/limits.h"
#include "sender/endpoint.h"
#include "sender/failure.h"
#include "sender/vault.h"

struct destination {
	const char *typed;      /* the recipient, as on the command line */
	struct failure failure; /* with a status: nothing can be sent there */
	bool borrowed; /* no password of ours: the recipient's is both */
	char from[LIMIT_NAME + 1]; /* us */
	char to[LIMIT_NAME + 1];
	struct endpoint endpoint;
	struct secrets *secrets; /* in the vault: the only copy */
};

/*
 * Fills in one for each recipient, and their secrets in the vault: from the
 * user directory, or from -a, -p and -k; asks for the secret on the terminal
 * where -a came without one. Returns SEND_OK, with a fault of one recipient
 * noted in their destination, or another status with the failure.
 */
enum send_exit destination_find(const struct options *options,
    struct destination destinations[], struct failure *failure);

/*
 * Writes the names in the directory to standard output, one a line. Returns
 * SEND_OK, or another status with the failure.
 */
enum send_exit destination_list(
    const struct options *options, struct failure *failure);

#endif
