/*
 * Turns to write, in the order in which they were asked for: one at a time;
 * or, where a command handles messages, as many as commands may run.
 */
#ifndef LISTENER_TURN_H
#define LISTENER_TURN_H

#include <stdbool.h>

struct slot;

struct turn {
	unsigned most, taken;      /* turns at once, and now */
	struct slot *holders;      /* who has one; in no order */
	struct slot *first, *last; /* waiting */
	bool torn; /* the last one to write left part of a line */
};

/* Puts a slot, which is not in the queue, at its end. */
void turn_queue(struct turn *turn, struct slot *slot);

/* Takes the first off the queue; NULL when nobody waits. */
struct slot *turn_next(struct turn *turn);

/* Takes a slot out of the queue, wherever it is, if it is there. */
void turn_leave(struct turn *turn, struct slot *slot);

/* Gives one of the turns that are left to a slot that is not in the queue. */
void turn_give(struct turn *turn, struct slot *slot);

/* Takes it back from a slot that has one. */
void turn_take_back(struct turn *turn, struct slot *slot);

#endif
