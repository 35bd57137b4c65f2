/* Turns to write. */
#include "listener/keyholder/turn.h"

#include <stddef.h>

void
turn_open(struct turns *turns, unsigned most)
{
	*turns = (struct turns){.most = most};
	TAILQ_INIT(&turns->waiting);
	TAILQ_INIT(&turns->holders);
}

void
turn_queue(struct turns *turns, struct slot *slot)
{
	TAILQ_INSERT_TAIL(&turns->waiting, slot, link);
}

struct slot *
turn_next(struct turns *turns)
{
	struct slot *slot = TAILQ_FIRST(&turns->waiting);

	if (slot != NULL)
		turn_leave(turns, slot);
	return slot;
}

void
turn_leave(struct turns *turns, struct slot *slot)
{
	TAILQ_REMOVE(&turns->waiting, slot, link);
}

void
turn_give(struct turns *turns, struct slot *slot)
{
	TAILQ_INSERT_TAIL(&turns->holders, slot, link);
	turns->taken++;
}

void
turn_take_back(struct turns *turns, struct slot *slot)
{
	TAILQ_REMOVE(&turns->holders, slot, link);
	turns->taken--;
}
