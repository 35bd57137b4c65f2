/* Connecting to a recipient. */
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

/*
 * Bytes; the kernel buffers about twice as much. If a write did not finish, at
 * most that much of it may be on its way.
 */
#define SIZE_ON_ITS_WAY 16384

#define MOST_TOLD 3 /* failures listed besides the most telling one */

/* Waits until a connection is made. Returns 0 or an errno. */
static int
finish(int fd, int64_t deadline, struct notice *notice)
{
	struct pollfd ready = {.fd = fd, .events = POLLOUT};
	int64_t left;
	int n, error = 0;
	socklen_t len = sizeof(error);

	do {
		left = notice_until(notice, deadline) - clock_now_ms();
		n = poll(&ready, 1, left <= 0 ? 0 : (int)left);
	} while ((n == -1 && errno == EINTR) ||
	    (n == 0 && notice_give(notice, deadline)));
	if (n == 0)
		return ETIMEDOUT;
	if (n == -1 || getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &len) != 0)
		return errno;
	return error;
}

static void
set_option(int fd, int level, int option, int value)
{
	(void)setsockopt(fd, level, option, &value, sizeof(value));
}

/* Connects to one address. Returns 0 with *fd set, or an errno. */
static int
try_one(const struct sockaddr *to, socklen_t len, int64_t deadline,
    struct notice *notice, int *fd)
{
	int error = 0;

	*fd = socket(
	    to->sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (*fd == -1)
		return errno;
	set_option(*fd, IPPROTO_TCP, TCP_NODELAY, 1);
	set_option(*fd, SOL_SOCKET, SO_SNDBUF, SIZE_ON_ITS_WAY);
	if (connect(*fd, to, len) != 0)
		error = errno == EINPROGRESS ? finish(*fd, deadline, notice)
					     : errno;
	if (error != 0)
		(void)close(*fd);
	return error;
}

/* Fills in the reason for a failed look-up. Returns its status. */
static enum send_exit
no_address(const struct resolution *found, char reason[SIZE_WHY])
{
	int error = found->error;

	if (error == EAI_SYSTEM && found->system_error == ETIMEDOUT) {
		(void)snprintf(reason, SIZE_WHY,
		    "name servers take too long; try again, or give an address");
		return SEND_TEMPORARY;
	}
	if (error == EAI_SYSTEM && found->system_error == ENODEV) {
		(void)snprintf(reason, SIZE_WHY,
		    "this host has no such interface; 'ip link' lists them");
		return SEND_TEMPORARY;
	}
	if (error == EAI_AGAIN) {
		(void)snprintf(reason, SIZE_WHY,
		    "no name server answers; try again, or give an address");
		return SEND_TEMPORARY;
	}
	if (error == EAI_MEMORY || error == EAI_SYSTEM) {
		(void)snprintf(reason, SIZE_WHY, "cannot look it up: %s",
		    error == EAI_SYSTEM ? strerror(found->system_error)
					: gai_strerror(error));
		return SEND_TEMPORARY;
	}
	if (error == EAI_ADDRFAMILY || error == EAI_FAMILY) {
		(void)snprintf(reason, SIZE_WHY,
		    "it has no address of the kind that -4 or -6 asks for");
		return SEND_HOST;
	}
	(void)snprintf(reason, SIZE_WHY,
	    "host name unknown (%s); check the spelling", gai_strerror(error));
	return SEND_HOST;
}

/*
 * How much a failure tells: an answer tells more than silence, and silence more
 * than a missing route.
 */
static int
weight(int error)
{
	switch (error) {
	case ECONNREFUSED:
		return 4;
	case ECONNRESET:
	case EACCES:
	case EPERM:
		return 3;
	case ETIMEDOUT:
		return 2;
	case ENETUNREACH:
	case EAFNOSUPPORT:
	case EADDRNOTAVAIL:
		return 0;
	default:
		return 1;
	}
}

static const char *
words_for(int error)
{
	return error == ECONNREFUSED ? "connection refused"
	    : error == ETIMEDOUT     ? "connection timed out"
				     : strerror(error);
}

/* The addresses that failed, with their errors. */
struct tries {
	size_t count;
	struct {
		int error;
		char address[SIZE_ADDRESS];
	} list[MOST_ADDRESSES];
};

/* Lists the failures of other addresses, if they differ; a few of them. */
static void
tell_others(const struct tries *tries, size_t worst, char *words, size_t size)
{
	size_t len = 0, told = 0;

	words[0] = '\0';
	for (size_t i = 0; i < tries->count; i++) {
		if (tries->list[i].error == tries->list[worst].error)
			continue;
		if (++told > MOST_TOLD) {
			(void)strlcat(words, ", ...", size);
			return;
		}
		len += (size_t)snprintf(words + len, size - len, "%s%s: %s",
		    told == 1 ? "; " : ", ", tries->list[i].address,
		    words_for(tries->list[i].error));
	}
}

static void
explain(const struct tries *tries, char address[SIZE_ADDRESS],
    char reason[SIZE_WHY])
{
	char others[MOST_TOLD * (SIZE_ADDRESS + 48) + 16];
	size_t worst = 0;
	int error;

	for (size_t i = 1; i < tries->count; i++)
		if (weight(tries->list[i].error) >
		    weight(tries->list[worst].error))
			worst = i;
	error = tries->list[worst].error;
	(void)strlcpy(address, tries->list[worst].address, SIZE_ADDRESS);
	tell_others(tries, worst, others, sizeof(others));
	if (error == ECONNREFUSED)
		(void)snprintf(reason, SIZE_WHY,
		    "connection refused; is chat-listen running there?%s",
		    others);
	else if (error == ETIMEDOUT)
		(void)snprintf(reason, SIZE_WHY,
		    "connection timed out; is a firewall in between?%s",
		    others);
	else
		(void)snprintf(reason, SIZE_WHY, "cannot connect: %s%s",
		    strerror(error), others);
}

enum send_exit
connect_to(const struct endpoint *endpoint, int family, int64_t deadline,
    struct notice *notice, int *fd, char address[SIZE_ADDRESS],
    char reason[SIZE_WHY])
{
	struct resolution found;
	struct tries tries = {0};

	resolve_host(endpoint, family, deadline, notice, &found);
	if (found.error != 0)
		return no_address(&found, reason);
	for (size_t i = 0; i < found.count; i++) {
		const struct sockaddr *to = &found.addresses[i].any;
		int64_t now = clock_now_ms();
		int64_t share = (deadline - now) / (int64_t)(found.count - i);
		int error;

		(void)getnameinfo(to, found.lens[i], address, SIZE_ADDRESS,
		    NULL, 0, NI_NUMERICHOST);
		error = try_one(to, found.lens[i], now + share, notice, fd);
		if (error == 0)
			return SEND_OK;
		tries.list[tries.count].error = error;
		(void)strlcpy(
		    tries.list[tries.count++].address, address, SIZE_ADDRESS);
	}
	explain(&tries, address, reason);
	return SEND_TEMPORARY;
}
