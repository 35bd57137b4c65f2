/* Opens a file without blocking the parent. */
#include "listener/parent/opening.h"

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/base/error.h"
#include "listener/link/order.h"

/* The only descriptors of the process, which may outlive us. */
#define ANSWER_FD 0
#define GIVEN_FD 1
#define GIVEN_PATH "/dev/fd/1"

#define PATIENCE_MS 5000 /* how long we wait before we say what for */

/* Returns which of our descriptors a path means, as in -d <(command); or -1. */
static int
descriptor_of(const char *path)
{
	static const char *const folders[] = {"/dev/fd/", "/proc/self/fd/"};
	const char *error;
	int fd;

	if (strcmp(path, "/dev/stdin") == 0)
		return STDIN_FILENO;
	if (strcmp(path, "/dev/stdout") == 0)
		return STDOUT_FILENO;
	for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++) {
		if (strncmp(path, folders[i], strlen(folders[i])) != 0)
			continue;
		fd = (int)strtonum(
		    path + strlen(folders[i]), 0, INT_MAX, &error);
		return error == NULL ? fd : -1;
	}
	return -1;
}

/* Makes sure that the name of a file is on the disk. */
static int
sync_folder(const char *path)
{
	char folder[PATH_MAX] = ".";
	const char *slash = strrchr(path, '/');
	int fd, error;

	if (slash != NULL)
		(void)snprintf(folder, sizeof(folder), "%.*s",
		    (int)(slash - path) + 1, path);
	fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd == -1)
		return -1;
	error = fsync(fd);
	if (error != 0 && errno == EINVAL)
		error = 0; /* this file system does not need it */
	(void)close(fd);
	return error;
}

static int
open_named(const char *path, int flags)
{
	int fd = open(path, flags | O_CLOEXEC | O_NOCTTY, 0600);

	if (fd != -1 && (flags & O_CREAT) != 0 && sync_folder(path) != 0)
		return -1;
	return fd;
}

/* Sends the open file, or the error instead of it. */
static void __attribute__((noreturn))
open_file(const char *path, int flags, pid_t parent, int answer)
{
	struct order order = {.what = ORDER_DIRECTORY};
	int given = descriptor_of(path), fd;

	/* If this fails, the process may live too long; it has no secrets. */
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (given != -1)
		path = dup2(given, GIVEN_FD) == -1 ? path : GIVEN_PATH;
	else
		(void)close(GIVEN_FD);
	if (getppid() != parent || dup2(answer, ANSWER_FD) == -1)
		_exit(1);
	closefrom(GIVEN_FD + 1);
	fd = open_named(path, flags);
	if (fd != -1) {
		(void)order_send(ANSWER_FD, &order, fd, 0);
	} else {
		order.what = (uint64_t)errno;
		(void)send(ANSWER_FD, &order, sizeof(order), MSG_NOSIGNAL);
	}
	_exit(0);
}

int
opening_start(const char *path, int flags)
{
	pid_t parent = getpid(), pid;
	int ends[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0)
		return -1;
	if ((pid = fork()) == 0)
		open_file(path, flags, parent, ends[1]);
	(void)close(ends[1]);
	if (pid == -1) {
		(void)close(ends[0]);
		return -1;
	}
	return ends[0];
}

void
opening_wait(int descriptor, const char *path, const char *what, bool quiet)
{
	struct pollfd ready = {.fd = descriptor, .events = POLLIN};

	if (poll(&ready, 1, PATIENCE_MS) == 0 && !quiet)
		warnx("%s: waiting until it %s; Ctrl-C ends chat-listen", path,
		    what);
}

int
opening_end(int opening)
{
	struct order order = {.what = 0};
	int fd = -1;
	int error = order_receive(opening, &order, &fd, 0);

	(void)close(opening);
	if (error == CHAT_OK)
		return fd;
	/* An order without a file holds the error. */
	errno = error == CHAT_ECLOSED ? EIO : (int)order.what;
	return -1;
}
