/* What the keyholder is told, and what it replies to a directory. */
#ifndef LISTENER_KEYHOLDER_CONFIG_H
#define LISTENER_KEYHOLDER_CONFIG_H

#include "common/base/privdrop.h"
#include "common/users/identity.h"

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

#endif
