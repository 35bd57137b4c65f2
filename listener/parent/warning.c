/* Standard error that never waits. */
#include "listener/parent/warning.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/base/error.h"

static unsigned long lost; /* lines of this process */
static bool own;           /* a descriptor of ours alone, which never waits */

/*
 * Who shares the descriptor may need it to wait, so we have our own of the
 * same pipe or terminal, if we may. Regular files never make anyone wait.
 */
static void
have_our_own(void)
{
	struct stat st;
	int fd;

	if (fstat(STDERR_FILENO, &st) != 0 ||
	    (!S_ISFIFO(st.st_mode) && isatty(STDERR_FILENO) != 1))
		return;
	fd = open(
	    "/proc/self/fd/2", O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (fd == -1)
		return;
	own = dup2(fd, STDERR_FILENO) != -1;
	(void)close(fd);
}

/*
 * Whether there was room for it. What is not ours may make us wait, unless
 * poll(2) calls it ready: then it has room for PIPE_BUF bytes. Where nobody
 * will ever read, there is nothing to owe.
 */
static bool
offer(const char *bytes, size_t len)
{
	struct pollfd ready = {.fd = STDERR_FILENO, .events = POLLOUT};

	if (!own && poll(&ready, 1, 0) != 1)
		return false;
	return write(STDERR_FILENO, bytes, len) != -1 || errno != EAGAIN;
}

void
warning_settle(void)
{
	char line[128];
	int len;

	if (lost == 0)
		return;
	len = snprintf(line, sizeof(line),
	    "%s: %lu line%s left out: nobody read standard error\n",
	    getprogname(), lost, lost == 1 ? "" : "s");
	if (offer(line, (size_t)len))
		lost = 0;
}

bool
warning_owes(void)
{
	return lost > 0;
}

/* Of a FILE: what is written has gone, one way or the other. */
static ssize_t
put(void *cookie, const char *bytes, size_t len)
{
	bool cut = len > PIPE_BUF;

	(void)cookie;
	warning_settle();
	if (lost > 0 || !offer(bytes, cut ? PIPE_BUF - 1 : len))
		lost++;
	else if (cut)
		(void)offer("\n", 1);
	return (ssize_t)len;
}

int
warning_open(void)
{
	static char line[2 * PIPE_BUF];
	FILE *file =
	    fopencookie(NULL, "w", (cookie_io_functions_t){.write = put});

	if (file == NULL)
		return CHAT_EINTERNAL;
	if (setvbuf(file, line, _IOLBF, sizeof(line)) != 0) {
		(void)fclose(file);
		return CHAT_EINTERNAL;
	}
	have_our_own();
	stderr = file;
	return CHAT_OK;
}
