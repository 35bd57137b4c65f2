/* Getting a connection. */
#include "sender/connect.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/base/clock.h"
#include "sender/resolve.h"

/* Waits for a connection in progress. Returns 0 or an errno. */
static int
finish(int fd, int64_t deadline)
{
	struct pollfd ready = {.fd = fd, .events = POLLOUT};
	int64_t left;
	int n, error = 0;
	socklen_t len = sizeof(error);

	do {
		left = deadline - clock_now_ms();
		n = left <= 0 ? 0 : poll(&ready, 1, (int)left);
	} while (n == -1 && errno == EINTR);
	if (n == 0)
		return ETIMEDOUT;
	if (n == -1 || getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &len) != 0)
		return errno;
	return error;
}

/* Returns 0 with *fd connected, or an errno. */
static int
try_one(const struct sockaddr *to, socklen_t len, int64_t deadline, int *fd)
{
	int error = 0, on = 1;

	*fd = socket(
	    to->sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (*fd == -1)
		return errno;
	(void)setsockopt(*fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	if (connect(*fd, to, len) != 0)
		error = errno == EINPROGRESS ? finish(*fd, deadline) : errno;
	if (error != 0)
		(void)close(*fd);
	return error;
}

/* The reason for a failed look-up, and the status for it. */
static enum send_exit
no_address(const struct resolution *found, char *reason, size_t size)
{
	int error = found->error;

	if (error == EAI_SYSTEM && found->system_error == ETIMEDOUT) {
		(void)snprintf(reason, size,
		    "name servers take too long; try again, or give an address");
		return SEND_TEMPORARY;
	}
	if (error == EAI_AGAIN) {
		(void)snprintf(reason, size,
		    "no name server answers; try again, or give an address");
		return SEND_TEMPORARY;
	}
	if (error == EAI_MEMORY || error == EAI_SYSTEM) {
		(void)snprintf(reason, size, "cannot look it up: %s",
		    error == EAI_SYSTEM ? strerror(found->system_error)
					: gai_strerror(error));
		return SEND_TEMPORARY;
	}
	if (error == EAI_ADDRFAMILY || error == EAI_FAMILY) {
		(void)snprintf(reason, size,
		    "it has no address of the kind that -4 or -6 asks for");
		return SEND_HOST;
	}
	(void)snprintf(reason, size,
	    "host name unknown (%s); check the spelling", gai_strerror(error));
	return SEND_HOST;
}

static void
explain(int error, char *reason, size_t size)
{
	const char *hint = error == ECONNREFUSED
	    ? "; is chat-listen running there?"
	    : error == ETIMEDOUT ? "; is a firewall in between?"
				 : "";

	if (error == ECONNREFUSED)
		(void)snprintf(reason, size, "connection refused%s", hint);
	else if (error == ETIMEDOUT)
		(void)snprintf(reason, size, "connection timed out%s", hint);
	else
		(void)snprintf(
		    reason, size, "cannot connect: %s", strerror(error));
}

enum send_exit
connect_to(const struct destination *destination, int family, int64_t deadline,
    int *fd, char *address, size_t size, char *reason, size_t reason_size)
{
	struct resolution found;
	int error = -1;

	resolve_host(destination, family, deadline, &found);
	if (found.error != 0)
		return no_address(&found, reason, reason_size);
	for (size_t i = 0; i < found.count && error != 0; i++) {
		const struct sockaddr *to = &found.addresses[i].any;
		int64_t now = clock_now_ms();
		int64_t share = (deadline - now) / (int64_t)(found.count - i);

		(void)getnameinfo(to, found.lens[i], address, (socklen_t)size,
		    NULL, 0, NI_NUMERICHOST);
		error = try_one(to, found.lens[i], now + share, fd);
	}
	if (error == 0)
		return SEND_OK;
	explain(error, reason, reason_size);
	return SEND_TEMPORARY;
}
