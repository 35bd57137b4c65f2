/* The addresses of a destination's host. */
#ifndef SENDER_RESOLVE_H
#define SENDER_RESOLVE_H

#include <sys/socket.h>

#include "sender/destination.h"

#define MOST_ADDRESSES 16 /* of a host, that are tried */

struct resolution {
	int error;        /* 0, or EAI_... of getaddrinfo(3) */
	int system_error; /* errno, when error is EAI_SYSTEM */
	size_t count;
	socklen_t lens[MOST_ADDRESSES];
	struct sockaddr_storage addresses[MOST_ADDRESSES]; /* with the port */
};

/*
 * Finds the addresses, in the order in which to try them, until the deadline
 * (in stream_clock() time). A name is looked up by a process of its own,
 * which wipes the passwords of the destination before it reads what others
 * say, and is killed at the deadline: EAI_SYSTEM, ETIMEDOUT. The caller's
 * destination does not change.
 */
void resolve(struct destination *destination, int family, int64_t deadline,
    struct resolution *resolution);

#endif
