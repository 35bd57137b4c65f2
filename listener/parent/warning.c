/* Standard error that never blocks. */
#include "listener/parent/warning.h"

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <syslog.h>
#include <unistd.h>

#include "common/base/error.h"

static unsigned long lost;      /* number of lines lost in this process */
static bool journal;            /* our standard error is that of the system */
static int level = LOG_WARNING; /* of the line being written */
static bool own; /* our standard error is not shared, and does not block */

/*
 * Other processes may share our standard error and need it to block. So we open
 * the same pipe or terminal once more for ourselves, if we may. A regular file
 * never blocks.
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
 * Writes bytes if that does not block. Returns false if they would have to
 * wait. A descriptor that is not our own could block unless poll(2) finds it
 * ready, which means room for PIPE_BUF bytes. If nobody can read, the bytes are
 * lost.
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

/* The write function of a FILE. It always takes everything. */
static ssize_t
put(void *cookie, const char *bytes, size_t len)
{
	char line[PIPE_BUF];
	int mark = journal ? snprintf(line, sizeof(line), "<%d>", level) : 0;
	size_t room = sizeof(line) - (size_t)mark;
	bool cut = len > room;

	(void)cookie;
	memcpy(line + mark, bytes, cut ? room - 1 : len);
	warning_settle();
	if (lost > 0 || !offer(line, (size_t)mark + (cut ? room - 1 : len)))
		lost++;
	else if (cut)
		(void)offer("\n", 1);
	return (ssize_t)len;
}

void
warning_inform(const char *format, ...)
{
	va_list arguments;

	level = LOG_INFO;
	va_start(arguments, format);
	vwarnx(format, arguments);
	va_end(arguments);
	level = LOG_WARNING;
}

/* Whether JOURNAL_STREAM, device:inode, is our standard error. */
static bool
is_journal(void)
{
	const char *stream = getenv("JOURNAL_STREAM");
	char ours[64];
	struct stat st;

	if (stream == NULL || fstat(STDERR_FILENO, &st) != 0)
		return false;
	(void)snprintf(ours, sizeof(ours), "%ju:%ju", (uintmax_t)st.st_dev,
	    (uintmax_t)st.st_ino);
	return strcmp(stream, ours) == 0;
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
	journal = is_journal();
	have_our_own();
	stderr = file;
	return CHAT_OK;
}
