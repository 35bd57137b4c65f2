/* Where a connection comes from. */
#ifndef LISTENER_LINK_SOURCE_H
#define LISTENER_LINK_SOURCE_H

#include <netinet/in.h>
#include <stdint.h>
#include <sys/socket.h>

#define SIZE_SOURCE_TEXT INET6_ADDRSTRLEN

/* An address as 16 bytes; IPv4 as an IPv4-mapped IPv6 address. */
struct source {
	uint8_t bytes[16];
	char text[SIZE_SOURCE_TEXT]; /* numeric, without a port */
};

/* Fills in the source of a socket address, which must be IPv4 or IPv6. */
void source_of(const struct sockaddr_storage *address, struct source *source);

/* Fills in a source from its 16 bytes. */
void source_from(const uint8_t bytes[16], struct source *source);

/* Writes "192.0.2.7:5000" or "[2001:db8::7]:5000", with a NUL. */
#define SIZE_ENDPOINT (SIZE_SOURCE_TEXT + 8)
void source_endpoint(
    const struct sockaddr_storage *address, char text[SIZE_ENDPOINT]);

/* Returns the port of a socket address, in host byte order. */
uint16_t source_port(const struct sockaddr_storage *address);

#endif
