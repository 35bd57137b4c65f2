/* Where a connection comes from. */
#ifndef LISTENER_LINK_SOURCE_H
#define LISTENER_LINK_SOURCE_H

#include <netinet/in.h>
#include <stdint.h>
#include <sys/socket.h>

#define SIZE_SOURCE_TEXT INET6_ADDRSTRLEN

/* An address in one form: IPv4 as an IPv4-mapped IPv6 address. */
struct source {
	uint8_t bytes[16];
	char text[SIZE_SOURCE_TEXT]; /* numeric, without a port */
};

/* Fills in the source of a socket address of IPv4 or IPv6. */
void source_of(const struct sockaddr_storage *address, struct source *source);

/* The same from its 16 bytes. */
void source_from(const uint8_t bytes[16], struct source *source);

/* "192.0.2.7:5000" or "[2001:db8::7]:5000". */
#define SIZE_ENDPOINT (SIZE_SOURCE_TEXT + 8)
void source_endpoint(
    const struct sockaddr_storage *address, char text[SIZE_ENDPOINT]);

/* The port of a socket address, in the host's byte order. */
uint16_t source_port(const struct sockaddr_storage *address);

#endif
