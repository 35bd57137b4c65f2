/* Turns to write. */
#include "listener/keyholder/turn.h"

#include <stddef.h>

void
turn_open(struct turn *turn, unsigned most)
{
	*turn = (struct turn){.most = most};
	TAILQ_INIT(&turn->waiting);
	TAILQ_INIT(&turn->holders);
}

void
turn_queue(struct turn *turn, struct slot *slot)
{
	TAILQ_INSERT_TAIL(&turn->waiting, slot, link);
}

struct slot *
turn_next(struct turn *turn)
{
	struct slot *slot = TAILQ_FIRST(&turn->waiting);

	if (slot != NULL)
		turn_leave(turn, slot);
	return slot;
}

void
turn_leave(struct turn *turn, struct slot *slot)
{
	TAILQ_REMOVE(&turn->waiting, slot, link);
}

void
turn_give(struct turn *turn, struct slot *slot)
{
	TAILQ_INSERT_TAIL(&turn->holders, slot, link);
	turn->taken++;
}

void
turn_take_back(struct turn *turn, struct slot *slot)
{
	TAILQ_REMOVE(&turn->holders, slot, link);
	turn->taken--;
}
