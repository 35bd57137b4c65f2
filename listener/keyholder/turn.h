/*
 * Turns to write, in the order in which they were asked for: one at a time;
 * or, where a command handles messages, as many as commands may run.
 */
#ifndef LISTENER_KEYHOLDER_TURN_H
#define LISTENER_KEYHOLDER_TURN_H

#include <stdbool.h>

#include "listener/keyholder/slot.h"

struct turn {
	unsigned most, taken; /* turns at once, and now */
	struct slots waiting; /* in the order in which they came */
	struct slots holders; /* who has one */
	bool torn;            /* the last one to write left part of a line */
};

/* No turn is taken, and so many may be at once. */
void turn_open(struct turn *turn, unsigned most);

/* Puts a slot, which is in no list, at the end of the queue. */
void turn_queue(struct turn *turn, struct slot *slot);

/* Takes the first off the queue; NULL when nobody waits. */
struct slot *turn_next(struct turn *turn);

/* Takes a slot out of the queue, wherever in it that is. */
void turn_leave(struct turn *turn, struct slot *slot);

/* Gives one of the turns that are left to a slot, which is in no list. */
void turn_give(struct turn *turn, struct slot *slot);

/* Takes it back from a slot that has one. */
void turn_take_back(struct turn *turn, struct slot *slot);

#endif
