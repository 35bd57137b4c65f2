/* The addresses of a recipient's host. */
#ifndef SENDER_RESOLVE_H
#define SENDER_RESOLVE_H

#include <netinet/in.h>

#include "sender/notice.h"

#define MOST_ADDRESSES 64 /* how many addresses of a host are tried at most */

/* An address and its port. */
union address {
	struct sockaddr any;
	struct sockaddr_in in;
	struct sockaddr_in6 in6;
};

struct resolution {
	int error;        /* 0, or EAI_... of getaddrinfo(3) */
	int system_error; /* errno if error is EAI_SYSTEM */
	size_t count;
	socklen_t lens[MOST_ADDRESSES];
	union address addresses[MOST_ADDRESSES];
};

/*
 * Finds the addresses, in the order in which to try them, until the deadline
 * (in clock_now_ms() time). A name is looked up by a process of its own,
 * which has nothing of the vault, see vault.h, has closed what is open and is
 * inside the fence, see fence.h, before it reads what others say, and is killed
 * at the deadline: EAI_SYSTEM, ETIMEDOUT.
 */
void resolve_host(const struct endpoint *endpoint, int family, int64_t deadline,
    struct notice *notice, struct resolution *resolution);

#endif
