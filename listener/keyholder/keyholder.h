/*
 * The keyholder: the process that has the directory, and nothing else. It is
 * forked before anybody reads the directory, so that no other process of
 * chat-listen can ever hold a password.
 */
#ifndef LISTENER_KEYHOLDER_KEYHOLDER_H
#define LISTENER_KEYHOLDER_KEYHOLDER_H

#include "common/base/privdrop.h"
#include "common/users/identity.h"
#include "listener/link/finding.h"
#include "listener/link/order.h"

struct keyholder_config {
	const char *path;           /* of the directory, for messages only */
	char given[LIMIT_NAME + 1]; /* who we are, when we were told */
	char login[LIMIT_NAME + 1]; /* who we are, when nothing else says */
	uint16_t port;
	struct addresses addresses; /* of this host */
	struct addresses reached;   /* those that lead to the listener */
	bool strict;
	bool quiet;          /* no warnings */
	unsigned long count; /* messages to show; 0 for no end */
	unsigned turns;      /* messages that may be written at once */
	unsigned places;     /* of sessions that there may be at once */
	struct jail jail;
};

/* What the keyholder says after it was sent a directory. */
struct loaded {
	int error; /* 0, CHAT_EDIRECTORY or another; the reason is on stderr */
	size_t users;
	bool unlisted; /* senders are let in who are not among them */
	char self[LIMIT_NAME + 1]; /* who we are */
};

/*
 * Forks the keyholder; *control is the channel to it, and *shown an eventfd(2)
 * that it adds to for every message that was shown: read it to take them.
 * *proofs is a cell for each place, where it writes the number of a session
 * that has proven itself, before that session hears of it; *findings has for
 * each place why a proof there failed. These two processes share that memory,
 * and none that is forked later has it. Returns its process id,
 * or -1 with errno set.
 */
pid_t keyholder_start(const struct keyholder_config *config, int *control,
    int *shown, const proof_cell **proofs, const struct finding **findings);

/*
 * Sends it an open, unread directory file, which stays the caller's to close.
 * Never waits. Returns 0, or CHAT_EBUSY when the keyholder cannot take it
 * now. The answer is to be read with keyholder_loaded().
 */
int keyholder_load(int control, int directory);

/*
 * Waits for the answer to keyholder_load(). Returns 0, or CHAT_EIO when the
 * keyholder has gone.
 */
int keyholder_loaded(int control, struct loaded *loaded);

#endif
