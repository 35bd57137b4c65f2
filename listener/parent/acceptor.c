/* The listening socket. */
#include "listener/parent/acceptor.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/base/error.h"
#include "common/base/limits.h"

#define BACKLOG 4096 /* connections; the kernel may allow fewer */

static int
set(int fd, int level, int option, int value)
{
	return setsockopt(fd, level, option, &value, sizeof(value));
}

/* Returns a listening socket for one address, or -1 with errno set. */
static int
bind_one(const struct addrinfo *to, int family)
{
	int fd = socket(
	    to->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	int error;

	if (fd == -1)
		return -1;
	if (set(fd, SOL_SOCKET, SO_REUSEADDR, 1) != 0 ||
	    (to->ai_family == AF_INET6 &&
		set(fd, IPPROTO_IPV6, IPV6_V6ONLY, family == AF_INET6) != 0) ||
	    bind(fd, to->ai_addr, to->ai_addrlen) != 0 ||
	    listen(fd, BACKLOG) != 0) {
		error = errno;
		(void)close(fd);
		errno = error;
		return -1;
	}
	/* Accepted connections inherit this. */
	(void)set(fd, IPPROTO_TCP, TCP_NODELAY, 1);
	return fd;
}

/* Tries IPv6 first: its wildcard socket takes IPv4 too. */
static int
bind_first(const struct addrinfo *list, int family)
{
	static const int order[] = {AF_INET6, AF_INET};
	int fd = -1;

	for (size_t i = 0; i < 2; i++)
		for (const struct addrinfo *to = list; to != NULL && fd == -1;
		    to = to->ai_next)
			if (to->ai_family == order[i] &&
			    (fd = bind_one(to, family)) == -1 &&
			    errno == EADDRINUSE)
				return -1; /* do not take half of a port */
	return fd;
}

static int
describe(struct acceptor *acceptor)
{
	struct sockaddr_storage address = {0};
	socklen_t len = sizeof(address);

	if (getsockname(acceptor->fd, (struct sockaddr *)&address, &len) != 0)
		return CHAT_EIO;
	if (address.ss_family != AF_INET && address.ss_family != AF_INET6) {
		errno = EAFNOSUPPORT;
		return CHAT_EIO;
	}
	acceptor->port = source_port(&address);
	source_endpoint(&address, acceptor->endpoint);
	return CHAT_OK;
}

int
acceptor_open(struct acceptor *acceptor, int family, const char *address,
    uint16_t port, const char **reason)
{
	struct addrinfo hints = {.ai_family = family,
	    .ai_socktype = SOCK_STREAM,
	    .ai_flags = AI_PASSIVE | AI_NUMERICSERV};
	struct addrinfo *list;
	char service[6];
	int error;

	(void)snprintf(service, sizeof(service), "%u", port);
	if ((error = getaddrinfo(address, service, &hints, &list)) != 0) {
		*reason =
		    error == EAI_SYSTEM ? strerror(errno) : gai_strerror(error);
		return CHAT_EIO;
	}
	acceptor->fd = bind_first(list, family);
	*reason = strerror(errno);
	freeaddrinfo(list);
	if (acceptor->fd == -1)
		return CHAT_EIO;
	return describe(acceptor);
}

int
acceptor_adopt(struct acceptor *acceptor, int fd, const char **reason)
{
	int type = 0;
	socklen_t len = sizeof(type);

	acceptor->fd = fd;
	if (getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &len) != 0 ||
	    fcntl(fd, F_SETFD, FD_CLOEXEC) != 0 ||
	    fcntl(fd, F_SETFL, O_NONBLOCK) != 0 || describe(acceptor) != 0 ||
	    listen(fd, BACKLOG) != 0) {
		*reason = strerror(errno);
		return CHAT_EIO;
	}
	(void)set(fd, IPPROTO_TCP, TCP_NODELAY, 1);
	*reason = "it is not a TCP socket";
	return type == SOCK_STREAM && acceptor->port != 0 ? CHAT_OK : CHAT_EIO;
}

int
acceptor_defer(const struct acceptor *acceptor)
{
	return set(acceptor->fd, IPPROTO_TCP, TCP_DEFER_ACCEPT, DEFER_S);
}

int
acceptor_accept(const struct acceptor *acceptor, struct source *source)
{
	struct sockaddr_storage address;
	socklen_t len = sizeof(address);
	int fd = accept4(acceptor->fd, (struct sockaddr *)&address, &len,
	    SOCK_NONBLOCK | SOCK_CLOEXEC);

	if (fd != -1)
		source_of(&address, source);
	return fd;
}
