/* Where a connection comes from. */
#include "listener/link/source.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};

void
source_from(const uint8_t bytes[16], struct source *source)
{
	memset(source, 0, sizeof(*source));
	memcpy(source->bytes, bytes, 16);
	if (memcmp(bytes, mapped, sizeof(mapped)) == 0)
		(void)inet_ntop(AF_INET, source->bytes + 12, source->text,
		    sizeof(source->text));
	else
		(void)inet_ntop(AF_INET6, source->bytes, source->text,
		    sizeof(source->text));
}

void
source_of(const struct sockaddr_storage *address, struct source *source)
{
	const struct sockaddr_in *in = (const void *)address;
	const struct sockaddr_in6 *in6 = (const void *)address;
	uint8_t bytes[16];

	if (address->ss_family == AF_INET) {
		memcpy(bytes, mapped, sizeof(mapped));
		memcpy(bytes + 12, &in->sin_addr, 4);
	} else {
		memcpy(bytes, &in6->sin6_addr, 16);
	}
	source_from(bytes, source);
}

void
source_endpoint(
    const struct sockaddr_storage *address, char text[SIZE_ENDPOINT])
{
	struct source source;

	source_of(address, &source);
	/* A wildcard socket of IPv6 is [::], not the IPv4-mapped 0.0.0.0. */
	(void)snprintf(text, SIZE_ENDPOINT,
	    address->ss_family == AF_INET6 ? "[%s]:%u" : "%s:%u", source.text,
	    source_port(address));
}

uint16_t
source_port(const struct sockaddr_storage *address)
{
	const struct sockaddr_in *in = (const void *)address;
	const struct sockaddr_in6 *in6 = (const void *)address;

	return ntohs(
	    address->ss_family == AF_INET ? in->sin_port : in6->sin6_port);
}
