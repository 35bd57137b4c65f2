/* The sessions there are: starting them, hearing from them, their end. */
#ifndef LISTENER_CHILDREN_H
#define LISTENER_CHILDREN_H

#include "listener/listener.h"

struct child {
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
	unsigned places;
	struct child *free;
	struct bucket *buckets; /* by the hash of a pid */
	unsigned mask;          /* their number is a power of two, less one */
};

/* Makes room for so many. Returns 0 or CHAT_EINTERNAL. */
int children_open(struct children *children, unsigned places);

/*
 * Forks a session for a connection, which stays the caller's to close, with
 * channels to those who serve it. Admission must have counted it before, so
 * that there is a place. Returns NULL when that was not possible.
 */
struct child *children_start(const struct listener *listener,
    struct children *children, int connection, const struct source *source);

/*
 * Reads from a child's report channel: the source that a balancer named, as
 * which the session counts from now on, if somebody from there may have one.
 * Closes the channel.
 */
void children_hear(struct listener *listener, struct child *child);

/*
 * A process has ended; status is that of waitpid(2). If it was one of the
 * children, it is counted out, judged and logged, and its place is free.
 */
void children_bury(struct listener *listener, struct children *children,
    pid_t pid, int status);

/* Kills all of them. Does not wait for their ends. */
void children_kill(struct children *children);

#endif
