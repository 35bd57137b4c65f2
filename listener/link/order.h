/* What the listener tells keyholder and runner: an order and a descriptor. */
#ifndef LISTENER_LINK_ORDER_H
#define LISTENER_LINK_ORDER_H

#include <stdint.h>

enum control {
	CONTROL_DIRECTORY = 1, /* read this file, and answer `struct loaded` */
	CONTROL_SESSION,       /* serve this channel */
};

struct order {
	uint64_t what;   /* enum control */
	uint64_t number; /* of a session, see struct stay */
	uint64_t place;  /* among those of sessions */
};

/*
 * Sends one with a descriptor; flags are those of sendmsg(2). Returns 0, or
 * CHAT_EIO with errno set.
 */
int control_send(
    int socket, const struct order *order, int descriptor, int flags);

/*
 * Receives one. Returns 0; CHAT_ECLOSED when the listener has gone;
 * CHAT_EIO when there was no descriptor with the order, which is in *order.
 */
int control_receive(int socket, struct order *order, int *descriptor);

#endif
