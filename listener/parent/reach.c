/* Which addresses of this host lead to our socket. */
#include "listener/parent/reach.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>

/* The address that a socket is bound to. */
struct bound {
	struct sockaddr_storage address;
	int ip6_only; /* an IPv6 wildcard does not take IPv4 */
};

static bool
find_socket(const struct acceptor *acceptor, struct bound *bound)
{
	socklen_t len = sizeof(bound->address), size = sizeof(bound->ip6_only);

	if (getsockname(
		acceptor->fd, (struct sockaddr *)&bound->address, &len) != 0)
		return false;
	return bound->address.ss_family != AF_INET6 ||
	    getsockopt(acceptor->fd, IPPROTO_IPV6, IPV6_V6ONLY,
		&bound->ip6_only, &size) == 0;
}

/* The address that it would be bound to. */
static bool
find_option(const struct options *options, struct bound *bound)
{
	struct sockaddr_in *in = (void *)&bound->address;
	struct sockaddr_in6 *in6 = (void *)&bound->address;

	bound->ip6_only = options->family == AF_INET6;
	if (options->address == NULL) {
		bound->address.ss_family =
		    options->family == AF_INET ? AF_INET : AF_INET6;
		return true;
	}
	bound->address.ss_family = AF_INET;
	if (inet_pton(AF_INET, options->address, &in->sin_addr) == 1)
		return true;
	bound->address.ss_family = AF_INET6;
	return inet_pton(AF_INET6, options->address, &in6->sin6_addr) == 1;
}

static bool
takes(const struct bound *bound, const struct sockaddr_storage *address)
{
	const struct sockaddr_storage wildcard = {
	    .ss_family = bound->address.ss_family};
	struct source at, any, to;

	source_of(&bound->address, &at);
	source_of(&wildcard, &any);
	source_of(address, &to);
	if (memcmp(at.bytes, any.bytes, sizeof(at.bytes)) != 0)
		return memcmp(at.bytes, to.bytes, sizeof(at.bytes)) == 0;
	return address->ss_family == wildcard.ss_family ||
	    (wildcard.ss_family == AF_INET6 && !bound->ip6_only);
}

void
reach_find(const struct options *options, const struct acceptor *acceptor,
    const struct addresses *all, struct addresses *reached)
{
	struct bound bound = {.ip6_only = 0};

	reached->count = 0;
	if (options->port == 0 ||
	    !(options->check ? find_option(options, &bound)
			     : find_socket(acceptor, &bound)))
		return;
	for (size_t i = 0; i < all->count; i++)
		if (takes(&bound, &all->list[i]))
			reached->list[reached->count++] = all->list[i];
}
