/*
 * The keyholder: the process that has the directory. It is forked before the
 * directory is read, so no other process of chat-listen ever has a password.
 */
#ifndef LISTENER_KEYHOLDER_KEYHOLDER_H
#define LISTENER_KEYHOLDER_KEYHOLDER_H

#include "common/base/privdrop.h"
#include "common/users/identity.h"
#include "listener/link/finding.h"
#include "listener/link/order.h"

#define MOST_TICKET_PIPES 2

struct keyholder_config {
	const char *path;           /* of the directory, for messages */
	char given[LIMIT_NAME + 1]; /* our name as -u gives it, or empty */
	char login[LIMIT_NAME + 1]; /* our login name, or empty */
	uint16_t port;
	struct addresses addresses; /* of this host */
	struct addresses reached;   /* those that lead to the listener */
	bool strict;
	bool quiet;   /* no warnings */
	bool forgets; /* the recorder remembers ids and counts messages */
	unsigned long count; /* messages to show at most; 0 for no limit */
	unsigned turns;      /* how many turns there are at once */
	unsigned places;     /* how many sessions there are at once */
	int ticket_pipes[MOST_TICKET_PIPES]; /* where the key of tickets goes */
	size_t ticket_pipe_count;
	struct jail jail;
};

/* The keyholder's reply to a directory. */
struct loaded {
	int error; /* 0 or an error, which was explained on stderr */
	size_t users;
	bool unlisted; /* senders without an entry can write to us */
	char self[LIMIT_NAME + 1]; /* our name */
};

/*
 * Forks the keyholder. Returns its process id, or -1 with errno set. *control
 * is the channel to it.
 * *shown is an eventfd(2): the keyholder adds to it for every message that was
 * shown. *proofs and *findings have one element for each place. The keyholder
 * writes there the number of a session that has proven itself, or why its proof
 * failed, before the session learns of it. Only these two processes have that
 * memory; the parent must not free it.
 */
pid_t keyholder_start(const struct keyholder_config *config, int *control,
    int *shown, const proof_cell **proofs, const struct finding **findings);

/*
 * Sends the keyholder an open directory file, which nobody has read from and
 * which the caller closes. Never blocks. Returns 0, or CHAT_EBUSY if the
 * keyholder cannot take it now. Wait for the reply with keyholder_loaded().
 */
int keyholder_load(int control, int directory);

/*
 * Waits for the reply to keyholder_load(). Returns 0 with *loaded filled in, or
 * CHAT_EIO if the keyholder has gone.
 */
int keyholder_loaded(int control, struct loaded *loaded);

#endif
