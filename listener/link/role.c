/* Starting a role. */
#include "listener/link/role.h"

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#define FIRST_FREE (ROLE_GIVEN + MOST_GIVEN)

/*
 * Moves these descriptors to the numbers that role.h gives them, and closes all
 * others.
 */
static int
arrange(int control, const int given[], size_t count)
{
	int copies[1 + MOST_GIVEN];

	/* Copies all of them first, so that none is overwritten. */
	copies[0] = fcntl(control, F_DUPFD, FIRST_FREE);
	for (size_t i = 0; i < count; i++)
		copies[1 + i] = fcntl(given[i], F_DUPFD, FIRST_FREE);
	for (size_t i = 0; i <= count; i++)
		if (copies[i] == -1 ||
		    dup2(copies[i], ROLE_CONTROL + (int)i) == -1)
			return -1;
	closefrom(ROLE_GIVEN + (int)count);
	return 0;
}

pid_t
role_fork(const char *title, const int given[], size_t count, int *control)
{
	int ends[2], error;
	pid_t pid;

	if (count > MOST_GIVEN) {
		errno = EINVAL;
		return -1;
	}
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0)
		return -1;
	if ((pid = fork()) == 0) {
		setproctitle("%s", title);
		if (arrange(ends[1], given, count) != 0)
			err(ROLE_LOST, "%s: cannot arrange descriptors", title);
		return 0;
	}
	error = errno;
	(void)close(ends[1]);
	if (pid == -1)
		(void)close(ends[0]);
	else
		*control = ends[0];
	errno = error;
	return pid;
}
