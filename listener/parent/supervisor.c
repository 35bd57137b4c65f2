/* Talking to a service manager. */
#include "listener/parent/supervisor.h"

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "common/base/clock.h"
#include "common/base/limits.h"
#include "common/base/text.h"
#include "listener/exit.h"
#include "listener/parent/busy.h"

#define FIRST_SOCKET 3 /* SD_LISTEN_FDS_START */

/*
 * Returns the number of sockets that were passed to us, as text; NULL if none.
 */
static const char *
passed(void)
{
	const char *pid = getenv("LISTEN_PID"), *count = getenv("LISTEN_FDS");
	const char *error;

	if (pid == NULL || count == NULL ||
	    strtonum(pid, 1, INT_MAX, &error) != getpid() || error != NULL)
		return NULL;
	return count;
}

/*
 * Runs at exit. arg is the pid of the parent: nothing happens in its children.
 */
static void
turn_away(int status, void *arg)
{
	bool failed = status != LISTEN_OK && status != LISTEN_TIMEOUT;
	int64_t deadline = clock_now_ms() + (failed ? LINGER_MS : 0), left;
	struct pollfd ready = {.fd = FIRST_SOCKET, .events = POLLIN};
	int connection;

	if (getpid() != *(const pid_t *)arg ||
	    fcntl(FIRST_SOCKET, F_SETFL, O_NONBLOCK) != 0)
		return;
	for (int i = 0; i < MOST_REFUSED; i++) {
		left = deadline - clock_now_ms();
		if (poll(&ready, 1, left < 0 ? 0 : (int)left) != 1)
			return;
		connection = accept4(FIRST_SOCKET, NULL, NULL, SOCK_CLOEXEC);
		if (connection == -1 && errno != EAGAIN &&
		    errno != ECONNABORTED)
			return;
		if (connection == -1)
			continue;
		busy_send(connection, REFUSAL_SYSTEM);
		(void)close(connection);
	}
}

void
supervisor_guard(void)
{
	static pid_t listener;

	listener = getpid();
	if (passed() != NULL)
		(void)on_exit(turn_away, &listener);
}

int
supervisor_socket(void)
{
	const char *count = passed();

	if (count == NULL)
		return -1;
	if (strcmp(count, "1") != 0)
		errx(LISTEN_USAGE,
		    "LISTEN_FDS is %s; chat-listen takes exactly one socket",
		    QUOTED(count));
	return FIRST_SOCKET;
}

void
supervisor_tell(const char *state)
{
	const char *path = getenv("NOTIFY_SOCKET");
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	size_t len = path == NULL ? 0 : strlen(path);
	int fd;

	if (len < 2 || len >= sizeof(address.sun_path) ||
	    (path[0] != '/' && path[0] != '@'))
		return;
	memcpy(address.sun_path, path, len);
	if (path[0] == '@') /* an abstract socket */
		address.sun_path[0] = '\0';
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd == -1 ||
	    sendto(fd, state, strlen(state), MSG_NOSIGNAL | MSG_DONTWAIT,
		(const struct sockaddr *)&address,
		(socklen_t)(offsetof(struct sockaddr_un, sun_path) + len)) ==
		-1)
		warn("NOTIFY_SOCKET %s", QUOTED(path));
	if (fd != -1)
		(void)close(fd);
}
