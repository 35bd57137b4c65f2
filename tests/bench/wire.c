/* The floor's frames on a connection. */
#include "tests/bench/wire.h"

#include <errno.h>
#include <poll.h>
#include <unistd.h>

int
wire_read(int fd, int n, struct line *line)
{
	struct pollfd ready = {.fd = fd, .events = POLLIN};
	ssize_t got;

	for (line->len = 0; line->len < floor_length(n);) {
		got = read(
		    fd, line->bytes + line->len, floor_length(n) - line->len);
		if (got > 0)
			line->len += (size_t)got;
		else if (got == 0 || errno != EAGAIN ||
		    poll(&ready, 1, -1) == -1)
			return -1;
	}
	return 0;
}

int
wire_write(int fd, const struct line *line)
{
	/* Short enough for a socket to take it whole. */
	return write(fd, line->bytes, line->len) == (ssize_t)line->len ? 0 : -1;
}
