/* Turns to write: one at a time, in the order in which they were asked for. */
#ifndef LISTENER_TURN_H
#define LISTENER_TURN_H

#include <stdbool.h>
#include <stddef.h>

struct slot;

struct turn {
	struct slot *holder;       /* NULL when nobody writes */
	struct slot *first, *last; /* waiting */
	bool torn; /* the last one to write left part of a line */
};

/* Puts a slot, which is not in the queue, at its end. */
void turn_queue(struct turn *turn, struct slot *slot);

/* Takes the first off the queue; NULL when nobody waits. */
struct slot *turn_next(struct turn *turn);

/* Takes a slot out of the queue, wherever it is, if it is there. */
void turn_leave(struct turn *turn, struct slot *slot);

#endif
