/* Turns to write. */
#include "listener/keyholder/turn.h"

#include <stddef.h>

void
turn_open(struct turns *turn, unsigned most)
{
	*turn = (struct turns){.most = most};
	TAILQ_INIT(&turn->waiting);
	TAILQ_INIT(&turn->holders);
}

void
turn_queue(struct turns *turn, struct slot *slot)
{
	TAILQ_INSERT_TAIL(&turn->waiting, slot, link);
}

struct slot *
turn_next(struct turns *turn)
{
	struct slot *slot = TAILQ_FIRST(&turn->waiting);

	if (slot != NULL)
		turn_leave(turn, slot);
	return slot;
}

void
turn_leave(struct turns *turn, struct slot *slot)
{
	TAILQ_REMOVE(&turn->waiting, slot, link);
}

void
turn_give(struct turns *turn, struct slot *slot)
{
	TAILQ_INSERT_TAIL(&turn->holders, slot, link);
	turn->taken++;
}

void
turn_take_back(struct turns *turn, struct slot *slot)
{
	TAILQ_REMOVE(&turn->holders, slot, link);
	turn->taken--;
}
