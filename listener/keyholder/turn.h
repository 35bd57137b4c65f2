/*
 * Turns to write, in the order in which they were requested. There is one turn,
 * or, if a command handles messages, one for each command that may run at once.
 */
#ifndef LISTENER_KEYHOLDER_TURN_H
#define LISTENER_KEYHOLDER_TURN_H

#include <stdbool.h>

#include "listener/keyholder/slot.h"

struct turns {
	unsigned most, taken; /* how many there are, and are taken */
	struct slots waiting; /* slots that wait, first come first served */
	struct slots holders; /* slots that have a turn */
	bool torn;            /* the last writer left part of a line */
};

/* Starts with `most` turns, all free. */
void turn_open(struct turns *turns, unsigned most);

/* Appends a slot to the queue. It must not be in a list. */
void turn_queue(struct turns *turns, struct slot *slot);

/*
 * Removes the first slot from the queue and returns it; NULL if the queue is
 * empty.
 */
struct slot *turn_next(struct turns *turns);

/* Removes a slot from the queue. */
void turn_leave(struct turns *turns, struct slot *slot);

/* Gives a free turn to a slot that is not in a list. */
void turn_give(struct turns *turns, struct slot *slot);

/* Takes the turn back from a slot that has one. */
void turn_take_back(struct turns *turns, struct slot *slot);

#endif
