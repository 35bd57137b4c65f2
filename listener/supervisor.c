/* Service managers. */
#include "listener/supervisor.h"

#include <err.h>
#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "listener/options.h"

#define FIRST_SOCKET 3 /* SD_LISTEN_FDS_START */

int
supervisor_socket(void)
{
	const char *pid = getenv("LISTEN_PID"), *count = getenv("LISTEN_FDS");
	const char *error;

	if (pid == NULL || count == NULL ||
	    strtonum(pid, 1, INT_MAX, &error) != getpid() || error != NULL)
		return -1;
	if (strcmp(count, "1") != 0)
		errx(LISTEN_USAGE,
		    "LISTEN_FDS is %s; one socket is what "
		    "chat-listen takes",
		    count);
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
	if (path[0] == '@') /* an abstract name */
		address.sun_path[0] = '\0';
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd == -1 ||
	    sendto(fd, state, strlen(state), MSG_NOSIGNAL | MSG_DONTWAIT,
		(const struct sockaddr *)&address,
		(socklen_t)(offsetof(struct sockaddr_un, sun_path) + len)) ==
		-1)
		warn("NOTIFY_SOCKET %s", path);
	if (fd != -1)
		(void)close(fd);
}
