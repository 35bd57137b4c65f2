/* Turns to write. */
#include "listener/turn.h"

#include <stddef.h>

#include "listener/slot.h"

void
turn_queue(struct turn *turn, struct slot *slot)
{
	slot->next = NULL;
	if (turn->last != NULL)
		turn->last->next = slot;
	else
		turn->first = slot;
	turn->last = slot;
}

struct slot *
turn_next(struct turn *turn)
{
	struct slot *slot = turn->first;

	if (slot != NULL)
		turn_leave(turn, slot);
	return slot;
}

void
turn_leave(struct turn *turn, struct slot *slot)
{
	struct slot *before = NULL, *at = turn->first;

	while (at != NULL && at != slot) {
		before = at;
		at = at->next;
	}
	if (at == NULL)
		return;
	if (before != NULL)
		before->next = at->next;
	else
		turn->first = at->next;
	if (turn->last == at)
		turn->last = before;
	at->next = NULL;
}

void
turn_give(struct turn *turn, struct slot *slot)
{
	slot->next = turn->holders;
	turn->holders = slot;
	turn->taken++;
}

void
turn_take_back(struct turn *turn, struct slot *slot)
{
	struct slot **at = &turn->holders;

	while (*at != slot)
		at = &(*at)->next;
	*at = slot->next;
	slot->next = NULL;
	turn->taken--;
}
