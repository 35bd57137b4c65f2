/*
 * The desk: where sessions come with what is to be recorded. A session shows a
 * ticket with each request; without one it learns nothing and changes nothing.
 * The recorder never trusts a session, which an attacker may have taken over.
 */
#ifndef LISTENER_RECORDER_DESK_H
#define LISTENER_RECORDER_DESK_H

#include <sys/queue.h>

#include "listener/link/session_recorder.h"
#include "listener/recorder/ledger.h"

/* What a session may do now. */
enum client_state {
	CLIENT_FREE,  /* no session */
	CLIENT_NEW,   /* it may hold or append */
	CLIENT_HOLDS, /* it may append; nobody else gets its id */
	CLIENT_WAITS, /* for the disk */
};

/* A list of clients. A client is in at most one. */
TAILQ_HEAD(clients, client);

struct client {
	TAILQ_ENTRY(client) link; /* free clients, or those that hold */
	enum client_state state;
	int channel;
	uint64_t session; /* its number */
	struct mark mark; /* of its message, while it holds or waits */
};

struct desk {
	const struct suite *suite;
	uint8_t ticket_key[SIZE_HASH];
	struct memory *memory;
	struct ledger ledger;
	struct clients free;
	struct clients holders;
	unsigned long holding; /* clients that hold */
	unsigned long left;    /* how many messages may still be recorded */
	struct client *waiting[LEDGER_MOST]; /* for each line of the ledger */
	/* The datagram being served, with a byte to notice a longer one. */
	struct {
		struct recorder_ask ask;
		char text[LIMIT_TEXT + 1];
	} in;
};

/* Makes room for so many clients. Returns 0 or CHAT_EINTERNAL. */
int desk_open(struct desk *desk, size_t places);

/*
 * Gives a session a place. Returns it, or NULL if there is none; the channel is
 * the caller's to close then.
 */
struct client *desk_admit(struct desk *desk, uint64_t session, int channel);

/*
 * Ends a client in any state and closes its channel. What it appended is still
 * recorded.
 */
void desk_leave(struct desk *desk, struct client *client);

/*
 * Serves one request of a client. What it appends is on the disk only after
 * desk_commit(); the ledger must have room for it. Ends the client if it has
 * gone or breaks the rules.
 */
void desk_serve(struct desk *desk, struct client *client);

/*
 * Writes and syncs what was appended, and replies to those who wait. Returns
 * what ledger_commit() does, with errno as it was set there; after
 * CHAT_ECLOSED, nobody has a reply yet, and desk_commit() or desk_fail()
 * must follow; nor has anybody one after CHAT_EIO if the ledger is dead, and
 * the recorder must end. *recorded is set to the number of messages that were
 * recorded.
 */
int desk_commit(struct desk *desk, unsigned long *recorded);

/* Tells those who wait that nothing was recorded. */
void desk_fail(struct desk *desk);

#endif
