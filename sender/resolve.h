/* The addresses of a destination's host. */
#ifndef SENDER_RESOLVE_H
#define SENDER_RESOLVE_H

#include <netinet/in.h>

#include "sender/notice.h"

#define MOST_ADDRESSES 64 /* of a host, that are tried */

/* An address with its port. */
union address {
	struct sockaddr any;
	struct sockaddr_in in;
	struct sockaddr_in6 in6;
};

struct resolution {
	int error;        /* 0, or EAI_... of getaddrinfo(3) */
	int system_error; /* errno, when error is EAI_SYSTEM */
	size_t count;
	socklen_t lens[MOST_ADDRESSES];
	union address addresses[MOST_ADDRESSES];
};

/*
 * Finds the addresses, in the order in which to try them, until the deadline
 * (in clock_now_ms() time). A name is looked up by a process of its own,
 * which never had the vault, see vault.h, has closed what is open and is inside
 * the fence, see fence.h, before it reads what others say, and is killed at
 * the deadline: EAI_SYSTEM, ETIMEDOUT. No child of the caller has the vault
 * from here on.
 */
void resolve_host(const struct destination *destination, int family,
    int64_t deadline, struct notice *notice, struct resolution *resolution);

#endif
