/* Finds the addresses of a host. */
#ifndef SENDER_RESOLVE_H
#define SENDER_RESOLVE_H

#include <netinet/in.h>

#include "common/base/limits.h"
#include "sender/notice.h"

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
 * Fills in the addresses of the endpoint's host, in the order in which to try
 * them. family is as in connect_to().
 * localhost is loopback. Any other name is looked up in a separate process,
 * until the deadline (in clock_now_ms() time); then it is killed, which is
 * EAI_SYSTEM with ETIMEDOUT. It has nothing of the vault (see vault.h), no
 * other open descriptors, and enters the fence (see fence.h) before it reads
 * any answer.
 */
void resolve_host(const struct endpoint *endpoint, int family, int64_t deadline,
    struct notice *notice, struct resolution *resolution);

#endif
