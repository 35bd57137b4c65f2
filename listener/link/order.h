/*
 * What the parent tells keyholder and runner: an order and a descriptor. And
 * the one thing that the keyholder tells of a session while it lasts.
 */
#ifndef LISTENER_LINK_ORDER_H
#define LISTENER_LINK_ORDER_H

#include <stdatomic.h>
#include <stdint.h>

enum order_kind {
	ORDER_DIRECTORY = 1, /* read this file, and answer `struct loaded` */
	ORDER_SESSION,       /* serve this channel */
};

/*
 * Memory that keyholder and parent share, a cell for each place of a session:
 * there the keyholder writes the number of a session that has proven itself.
 */
typedef _Atomic uint64_t proof_cell;

struct order {
	uint64_t what;   /* enum order_kind */
	uint64_t number; /* of a session, see struct stay */
	uint64_t place;  /* among those of sessions */
};

/*
 * Sends one with a descriptor; flags are those of sendmsg(2). Returns 0, or
 * CHAT_EIO with errno set.
 */
int order_send(
    int socket, const struct order *order, int descriptor, int flags);

/*
 * Receives one. Returns 0; CHAT_ECLOSED when the parent has gone;
 * CHAT_EIO when there was no descriptor with the order, which is in *order.
 */
int order_receive(int socket, struct order *order, int *descriptor);

#endif
