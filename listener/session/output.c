/* Where messages are written. */
#include "listener/session/output.h"

#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/base/clock.h"
#include "common/base/error.h"
#include "common/base/stream.h"

#define UNKNOWN_COLUMNS 80 /* of a terminal that does not tell its width */

int
output_open(struct output *output)
{
	struct stat st;
	int fd;

	*output = (struct output){.fd = STDOUT_FILENO};
	if (fstat(STDOUT_FILENO, &st) != 0)
		return CHAT_EIO;
	output->terminal = isatty(STDOUT_FILENO) == 1;
	output->people = output->terminal;
	output->file = S_ISREG(st.st_mode);
	output->pipe = S_ISFIFO(st.st_mode) || S_ISSOCK(st.st_mode);
	if (!output->terminal && !S_ISFIFO(st.st_mode))
		return CHAT_OK;
	fd = open(
	    "/proc/self/fd/1", O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (fd == -1) /* a session must not read what is typed there */
		return output->terminal ? CHAT_EIO : CHAT_OK;
	output->fd = fd;
	output->own = true;
	return CHAT_OK;
}

void
output_show_people(struct output *output, unsigned columns)
{
	output->people = true;
	output->columns = columns;
}

unsigned
output_columns(const struct output *output)
{
	int terminal = output->terminal ? STDOUT_FILENO : STDIN_FILENO;
	struct winsize size;

	if (!output->people)
		return 0;
	if (ioctl(terminal, TIOCGWINSZ, &size) == 0 && size.ws_col != 0)
		return size.ws_col;
	return output->columns != 0 ? output->columns : UNKNOWN_COLUMNS;
}

/*
 * A shared descriptor may block. If poll(2) finds a pipe ready, it has room for
 * PIPE_BUF bytes, and only the session that has the turn writes to it.
 */
static int
write_in_pieces(
    int fd, const char *bytes, size_t len, int64_t deadline, size_t *written)
{
	struct pollfd ready = {.fd = fd, .events = POLLOUT};
	size_t n;
	int error;

	for (*written = 0; *written < len; *written += n) {
		size_t piece = len - *written;
		int64_t left = deadline - clock_now_ms();

		if (left <= 0 || poll(&ready, 1, (int)left) == 0)
			return CHAT_EDEADLINE;
		error = stream_write(fd, bytes + *written,
		    piece < PIPE_BUF ? piece : PIPE_BUF, deadline, &n);
		if (error != 0) {
			*written += n;
			return error;
		}
	}
	return CHAT_OK;
}

int
output_write(const struct output *output, const char *bytes, size_t len,
    int64_t deadline, size_t *written)
{
	if ((output->pipe || output->terminal) && !output->own)
		return write_in_pieces(
		    output->fd, bytes, len, deadline, written);
	return stream_write(output->fd, bytes, len, deadline, written);
}
