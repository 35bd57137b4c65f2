/*
 * stream_read() and stream_write() over a socket pair. Whenever they wait, the
 * other end does what the input says: the input decides where the data is
 * split, and the clock. poll() and clock_gettime() here replace those of libc.
 */
#include "common/base/stream.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "common/base/error.h"
#include "tests/fuzz/fuzz.h"

#define DEADLINE 10000 /* ms, on a clock that starts at 0 */

/*
 * What the other end does during a wait; any smaller byte sends so many bytes.
 */
enum act {
	ACT_SEND_MANY = 0xf0, /* the next byte times 16 */
	ACT_TICK,             /* as many ms as 64 times the next byte */
	ACT_INTERRUPT,        /* a signal comes */
	ACT_NOTHING,          /* ready, but without data */
	ACT_RESET,            /* the connection breaks */
	ACT_BREAK,            /* poll(2) fails */
	ACT_CLOSE,            /* from here on */
};

static struct {
	bool running; /* only then are clock and poll ours */
	struct input input;
	int64_t clock;
	int ours, theirs;                   /* theirs is -1 once closed */
	bool broken;                        /* poll was made to fail */
	uint8_t seen[4 * LIMIT_TEXT_FRAME]; /* what went through, in order */
	size_t seen_len;
} world;

int
clock_gettime(clockid_t id, struct timespec *now)
{
	/* libFuzzer's timer may ask for another clock at any time. */
	if (!world.running || id != CLOCK_MONOTONIC)
		return (int)syscall(SYS_clock_gettime, id, now);
	now->tv_sec = world.clock / 1000;
	now->tv_nsec = world.clock % 1000 * 1000000;
	return 0;
}

static void
send_bytes(size_t want)
{
	const uint8_t *bytes;
	size_t len = input_take(&world.input, want, &bytes);
	ssize_t n = 0;

	if (world.theirs != -1 && len > 0)
		n = send(world.theirs, bytes, len, MSG_NOSIGNAL);
	if (n > 0) {
		memcpy(world.seen + world.seen_len, bytes, (size_t)n);
		world.seen_len += (size_t)n;
	}
}

static void
receive_bytes(size_t want)
{
	size_t room = sizeof(world.seen) - world.seen_len;
	ssize_t n = 0;

	if (world.theirs != -1)
		n = recv(world.theirs, world.seen + world.seen_len,
		    want < room ? want : room, MSG_DONTWAIT);
	if (n > 0)
		world.seen_len += (size_t)n;
}

/* Unread bytes at the closing end make it a reset. */
static void
close_theirs(bool reset)
{
	if (world.theirs == -1)
		return;
	if (reset)
		(void)send(world.ours, "?", 1, MSG_NOSIGNAL | MSG_DONTWAIT);
	(void)close(world.theirs);
	world.theirs = -1;
}

/* Does one act. Returns 1, or what poll() must return instead. */
static int
act(short events)
{
	uint8_t what = input_byte(&world.input);
	size_t many = what;

	switch (what) {
	case ACT_TICK:
		world.clock += 64 * input_byte(&world.input);
		return 0;
	case ACT_INTERRUPT:
		errno = EINTR;
		return -1;
	case ACT_NOTHING:
		return 1;
	case ACT_BREAK:
		world.broken = true;
		errno = ENOMEM;
		return -1;
	case ACT_RESET:
	case ACT_CLOSE:
		close_theirs(what == ACT_RESET);
		return 1;
	case ACT_SEND_MANY:
		many = (size_t)16 * input_byte(&world.input);
		break;
	default:
		break;
	}
	if (events == POLLIN)
		send_bytes(many);
	else
		receive_bytes(many);
	return 1;
}

/* It has another name here, because <poll.h> says that poll() only writes. */
int fake_poll(struct pollfd *fds, nfds_t count, int timeout) __asm__("poll");

int
fake_poll(struct pollfd *fds, nfds_t count, int timeout)
{
	struct timespec wait = {timeout / 1000, timeout % 1000 * 1000000};
	int ready;

	if (!world.running)
		return ppoll(fds, count, timeout < 0 ? NULL : &wait, NULL);
	HOLDS(count == 1 && fds->fd == world.ours && timeout > 0);
	HOLDS(world.clock + timeout <= DEADLINE);
	if (world.input.at == world.input.end) {
		world.clock += timeout;
		return 0;
	}
	ready = act(fds->events);
	fds->revents = ready == 1 ? fds->events : 0;
	return ready;
}

static void
check_line(int error, const struct line *line, size_t limit)
{
	const char *lf =
	    line->len == 0 ? NULL : memchr(line->bytes, '\n', line->len);
	bool ended = lf != NULL && lf == line->bytes + line->len - 1;

	HOLDS(line->len <= limit && line->len <= world.seen_len);
	HOLDS(memcmp(line->bytes, world.seen, line->len) == 0);
	switch (error) {
	case CHAT_OK:
		HOLDS(ended);
		break;
	case CHAT_EMALFORMED:
		HOLDS(lf != NULL && !ended);
		break;
	case CHAT_ETOOLONG:
		HOLDS(lf == NULL && line->len == limit);
		break;
	case CHAT_ECLOSED:
		HOLDS(lf == NULL && world.theirs == -1);
		break;
	case CHAT_EDEADLINE:
		HOLDS(lf == NULL && world.clock >= DEADLINE);
		break;
	default:
		HOLDS(error == CHAT_EIO && world.broken);
		break;
	}
}

static void
read_line(size_t limit)
{
	struct line *line = malloc(sizeof(*line));

	HOLDS(line != NULL);
	world.running = true;
	int error = stream_read(world.ours, line, limit, DEADLINE);
	world.running = false;
	check_line(error, line, limit);
	free(line);
}

static void
write_bytes(size_t len)
{
	size_t written = len + 1;
	char *bytes = malloc(len + 1);
	int error;

	HOLDS(bytes != NULL);
	for (size_t i = 0; i < len; i++)
		bytes[i] = (char)(i % 251);
	world.running = true;
	error = stream_write(world.ours, bytes, len, DEADLINE, &written);
	world.running = false;
	HOLDS(written <= len && (error != 0 || written == len));
	HOLDS(error != CHAT_ECLOSED || world.theirs == -1);
	HOLDS(error != CHAT_EDEADLINE || world.clock >= DEADLINE);
	HOLDS(error != CHAT_EIO || world.broken);
	receive_bytes(sizeof(world.seen));
	HOLDS(world.seen_len <= written);
	HOLDS(world.theirs == -1 || world.seen_len == written);
	HOLDS(memcmp(world.seen, bytes, world.seen_len) == 0);
	free(bytes);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input input = {data, data + size};
	uint8_t mode = input_byte(&input);
	size_t amount = input_byte(&input);
	int ends[2], room = 1;

	(void)signal(SIGPIPE, SIG_IGN);
	HOLDS(socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0);
	HOLDS(fcntl(ends[0], F_SETFL, O_NONBLOCK) == 0);
	HOLDS(fcntl(ends[1], F_SETFL, O_NONBLOCK) == 0);
	(void)setsockopt(ends[0], SOL_SOCKET, SO_SNDBUF, &room, sizeof(room));
	memset(&world, 0, offsetof(__typeof__(world), seen));
	world.seen_len = 0;
	world.input = input;
	world.ours = ends[0];
	world.theirs = ends[1];
	if (mode % 2 == 0)
		read_line(mode == 2 ? LIMIT_TEXT_FRAME : 1 + 4 * amount);
	else
		write_bytes(64 * amount);
	close_theirs(false);
	(void)close(ends[0]);
	return 0;
}
