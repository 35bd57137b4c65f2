/* The sessions there are: starting them, hearing from them, their end. */
#ifndef LISTENER_PARENT_CHILDREN_H
#define LISTENER_PARENT_CHILDREN_H

#include "listener/parent/parent.h"

/*
 * For each session that may be served, places for one that is, for one that a
 * balancer has yet to name, and for one that was evicted and is still ending.
 */
#define PLACES_PER_SESSION 3

struct child {
	struct stay stay;
	pid_t pid;  /* 0 for a free place */
	int report; /* where it says who is behind a balancer, or -1 */
	struct source source;
	struct child *next; /* of the same hash, or among the free */
};

struct bucket {
	struct child *first;
};

struct children {
	struct child *list;
	unsigned places, running;
	uint64_t number;          /* of the last session */
	const proof_cell *proofs; /* one a place */
	struct child *free;
	struct bucket *buckets; /* by the hash of a pid */
	unsigned mask;          /* their number is a power of two, less one */
};

/*
 * Makes room for so many, whose proofs the keyholder writes into as many
 * cells. Returns 0 or CHAT_EINTERNAL.
 */
int children_open(
    struct children *children, unsigned places, const proof_cell *proofs);

/*
 * Admits a connection and forks a session for it, with channels to those who
 * serve it. The connection stays the caller's to close. *child is the session,
 * unless it is refused.
 */
enum refusal children_start(struct parent *parent, struct children *children,
    int connection, const struct source *source, struct child **child);

/*
 * Reads from a child's report channel: the source that a balancer named, as
 * which the session counts from now on, if somebody from there may have one.
 * Closes the channel.
 */
void children_hear(struct parent *parent, struct child *child);

/*
 * A process has ended; status is that of waitpid(2). If it was one of the
 * children, it is counted out, judged and logged, and its place is free.
 */
void children_bury(
    struct parent *parent, struct children *children, pid_t pid, int status);

/* Kills all of them. Does not wait for their ends. */
void children_kill(struct children *children);

#endif
