/* Networks in CIDR notation. */
#ifndef LISTENER_PARENT_CIDR_H
#define LISTENER_PARENT_CIDR_H

#include <stdbool.h>

#include "common/base/limits.h"
#include "listener/link/source.h"

struct cidr {
	uint8_t bytes[16]; /* as in struct source */
	unsigned bits;     /* 0 to 128 */
};

/*
 * Reads "192.0.2.0/24", "2001:db8::/32", or an address alone. Bits of the
 * address behind the prefix do not matter. Returns 0, or CHAT_EMALFORMED with
 * *fault set to a sentence that says what is wrong, a constant string.
 */
int cidr_parse(const char *text, struct cidr *cidr, const char **fault);

/* The networks that a repeated option gives. */
struct networks {
	unsigned count;
	struct cidr list[MOST_NETWORKS];
};

/* Returns whether one of the networks contains the source. */
bool networks_contain(
    const struct networks *networks, const struct source *source);

/* A network of IPv6 has IPv4-mapped addresses only if it is one of them. */
bool cidr_contains(const struct cidr *cidr, const struct source *source);

#endif
