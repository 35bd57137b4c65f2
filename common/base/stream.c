/* Lines over a connection. */
#include "common/base/stream.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "common/base/clock.h"
#include "common/base/error.h"
#include "common/base/wipe.h"

/* Waits until fd is ready for these events. */
static int
wait_for(int fd, short events, int64_t deadline)
{
	struct pollfd ready = {.fd = fd, .events = events};
	int64_t left;
	int n;

	do {
		if ((left = deadline - clock_now_ms()) <= 0)
			return CHAT_EDEADLINE;
		n = poll(&ready, 1, left > INT_MAX ? INT_MAX : (int)left);
	} while (n == 0 || (n == -1 && errno == EINTR));
	return n == -1 ? CHAT_EIO : CHAT_OK;
}

/* What errno means after a failed read or write; CHAT_OK means try again. */
static int
trouble(void)
{
	switch (errno) {
	case EAGAIN:
	case EINTR:
		return CHAT_OK;
	case EPIPE:
	case ECONNRESET:
	case ECONNABORTED:
		return CHAT_ECLOSED;
	case ETIMEDOUT:
		return CHAT_EDEADLINE;
	default:
		return CHAT_EIO;
	}
}

static int
read_line(
    int fd, struct line *line, size_t limit, int64_t deadline, int64_t earned)
{
	int64_t until;
	const char *lf;
	ssize_t n;
	int error;

	line->len = 0;
	for (;;) {
		until = deadline + (int64_t)line->len * earned / 1000;
		if ((error = wait_for(fd, POLLIN, until)) != 0)
			return error;
		n = read(fd, line->bytes + line->len, limit - line->len);
		if (n == 0)
			return CHAT_ECLOSED;
		if (n == -1) {
			if ((error = trouble()) != 0)
				return error;
			continue;
		}
		lf = memchr(line->bytes + line->len, '\n', (size_t)n);
		line->len += (size_t)n;
		if (lf == line->bytes + line->len - 1)
			return CHAT_OK;
		if (lf != NULL)
			return CHAT_EMALFORMED;
		if (line->len == limit)
			return CHAT_ETOOLONG;
	}
}

int
stream_read_first(int fd, struct line *line, size_t limit, int64_t deadline)
{
	return read_line(fd, line, limit, deadline, 0);
}

int
stream_read(int fd, struct line *line, size_t limit, int64_t deadline)
{
	return stream_read_slowly(fd, line, limit, deadline, 0);
}

int
stream_read_slowly(
    int fd, struct line *line, size_t limit, int64_t deadline, int64_t earned)
{
	wipe_stack(); /* no secret may stay there while we wait */
	return read_line(fd, line, limit, deadline, earned);
}

int
stream_take(int fd, void *bytes, size_t len, int64_t deadline)
{
	size_t done = 0;
	ssize_t n;
	int error;

	while (done < len) {
		if ((error = wait_for(fd, POLLIN, deadline)) != 0)
			return error;
		n = read(fd, (char *)bytes + done, len - done);
		if (n == 0)
			return CHAT_ECLOSED;
		if (n > 0)
			done += (size_t)n;
		else if ((error = trouble()) != 0)
			return error;
	}
	return CHAT_OK;
}

int
stream_write(
    int fd, const char *bytes, size_t len, int64_t deadline, size_t *written)
{
	size_t done = 0;
	ssize_t n;
	int error = CHAT_OK;

	while (done < len && error == 0) {
		n = write(fd, bytes + done, len - done);
		if (n > 0) {
			done += (size_t)n;
			continue;
		}
		if (n == -1)
			error = trouble();
		if (error == 0)
			error = wait_for(fd, POLLOUT, deadline);
	}
	if (written != NULL)
		*written = done;
	return error;
}
