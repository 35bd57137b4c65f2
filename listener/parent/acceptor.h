/* The listening socket. */
#ifndef LISTENER_PARENT_ACCEPTOR_H
#define LISTENER_PARENT_ACCEPTOR_H

#include "listener/link/source.h"

struct acceptor {
	int fd; /* non-blocking */
	uint16_t port;
	char endpoint[SIZE_ENDPOINT]; /* where it listens, for people */
};

/*
 * Opens it. family is AF_UNSPEC for both, AF_INET or AF_INET6; address is
 * NULL for all, or an address or host name of this host; port 0 lets the
 * kernel pick. Returns 0, or CHAT_EIO with *reason saying why not.
 */
int acceptor_open(struct acceptor *acceptor, int family, const char *address,
    uint16_t port, const char **reason);

/*
 * Takes over a socket that listens already, or will after this. Returns 0, or
 * CHAT_EIO with *reason saying why not.
 */
int acceptor_adopt(struct acceptor *acceptor, int fd, const char **reason);

/*
 * Accepts a connection, ready for a session: non-blocking, without delay.
 * Returns its descriptor, or -1 with errno set.
 */
int acceptor_accept(const struct acceptor *acceptor, struct source *source);

#endif
