/* The sessions: starting them, hearing from them, ending them. */
#ifndef LISTENER_PARENT_CHILDREN_H
#define LISTENER_PARENT_CHILDREN_H

#include "listener/parent/parent.h"

/*
 * How many places there are for each session of -m: one for a session, one for
 * a visitor whose balancer has not named its source yet, and one for a session
 * that was evicted and has not ended yet.
 */
#define PLACES_PER_SESSION 3

struct child {
	struct stay stay;
	pid_t pid;  /* 0 if the place is free */
	int report; /* channel on which it tells its source, or -1 */
	struct source source;
	struct child *next; /* in its bucket, or in the list of free places */
};

struct bucket {
	struct child *first;
};

struct children {
	struct child *list;
	unsigned places, running;
	uint64_t number;          /* of the latest session */
	const proof_cell *proofs; /* a cell for each place */
	struct child *free;
	struct bucket *buckets; /* hash table of pids */
	unsigned mask; /* number of buckets, a power of two, less one */
};

/*
 * Makes room for `places` sessions. `proofs` has a cell for each, see
 * keyholder_start(). Returns 0 or CHAT_EINTERNAL.
 */
int children_open(
    struct children *children, unsigned places, const proof_cell *proofs);

/*
 * Returns the control channel of a role that has more orders waiting than it
 * may, or -1 if all of them can take another session. It becomes writable once
 * the role has caught up.
 */
int children_crowded(const struct parent *parent);

/*
 * Asks admission about a connection and, if it is admitted, forks a session for
 * it and sets *child. The caller closes the connection in any case. Returns
 * REFUSAL_NONE or why there is no session.
 */
enum refusal children_start(struct parent *parent, struct children *children,
    int connection, const struct source *source, struct child **child);

/*
 * Reads which source a balancer named, from a child's report channel, which is
 * then closed. Asks admission about that source, and tells the session.
 */
void children_hear(struct parent *parent, struct child *child);

/*
 * Handles the end of a process; status is that of waitpid(2). If the process
 * was a session, logs its end, charges its source and frees its place.
 */
void children_bury(
    struct parent *parent, struct children *children, pid_t pid, int status);

/* Kills all sessions. Does not wait for them. */
void children_kill(struct children *children);

#endif
