/*
 * What the parent sends to keyholder, runner and recorder: an order with a
 * descriptor. And the memory in which the keyholder tells the parent of a
 * proof.
 */
#ifndef LISTENER_LINK_ORDER_H
#define LISTENER_LINK_ORDER_H

#include <stdatomic.h>
#include <stdint.h>

enum order_kind {
	ORDER_DIRECTORY = 1, /* read this file; reply with struct loaded */
	ORDER_SESSION,       /* serve this channel */
	ORDER_LOG,           /* append to this file */
	ORDER_OLDER_LOG,     /* this file may be of the same log, before */
	ORDER_NO_LOG,        /* without a descriptor: the file does not open */
};

/*
 * The keyholder and the parent share memory with a cell for each place of a
 * session. The keyholder writes the number of a session into its cell once the
 * peer has proven itself.
 */
typedef _Atomic uint64_t proof_cell;

struct order {
	uint64_t what;   /* enum order_kind */
	uint64_t number; /* of a session, see struct stay */
	uint64_t place;  /* of the session */
};

/*
 * Sends an order and a descriptor, which the caller still has to close. flags
 * are those of sendmsg(2). Returns 0, or CHAT_EIO with errno set.
 */
int order_send(
    int socket, const struct order *order, int descriptor, int flags);

/*
 * Receives an order and its descriptor, which the caller closes. flags are
 * those of recvmsg(2). Returns 0; CHAT_EBUSY if none waits, with MSG_DONTWAIT;
 * CHAT_ECLOSED if the parent has gone; CHAT_EIO if the order came without a
 * descriptor, with *order set.
 */
int order_receive(int socket, struct order *order, int *descriptor, int flags);

#endif
