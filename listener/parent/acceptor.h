/* The listening socket. */
#ifndef LISTENER_PARENT_ACCEPTOR_H
#define LISTENER_PARENT_ACCEPTOR_H

#include "listener/link/source.h"

struct acceptor {
	int fd; /* non-blocking */
	uint16_t port;
	char endpoint[SIZE_ENDPOINT]; /* where it listens, for messages */
};

/*
 * Opens a listening socket and fills in *acceptor. family is AF_INET, AF_INET6,
 * or AF_UNSPEC for both. address is an address or host name of this host, or
 * NULL for all addresses. With port 0 the kernel picks one. Returns 0, or
 * CHAT_EIO with *reason set to what went wrong.
 */
int acceptor_open(struct acceptor *acceptor, int family, const char *address,
    uint16_t port, const char **reason);

/*
 * Fills in *acceptor from a socket that a service manager opened, and listens
 * on it. Returns 0, or CHAT_EIO with *reason set to what went wrong.
 */
int acceptor_adopt(struct acceptor *acceptor, int fd, const char **reason);

/*
 * From now on, a connection is accepted only once it has sent something, or
 * after DEFER_S. Returns 0, or -1 with errno set.
 */
int acceptor_defer(const struct acceptor *acceptor);

/*
 * Accepts a connection and fills in its source. The connection is non-blocking
 * and has TCP_NODELAY, as a session needs it. Returns its descriptor, which the
 * caller closes, or -1 with errno set.
 */
int acceptor_accept(const struct acceptor *acceptor, struct source *source);

#endif
