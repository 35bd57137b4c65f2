/*
 * A load generator in one process, built from common/: so many messages over so
 * many connections at once, to a port of this host. With a directory it speaks
 * chat1, as bob to alice; without one, the floor's protocol. Prints "WALL 0
 * STATUS" for each message, microseconds from connect to receipt and 0 or 1,
 * and at the end "total WALL". usage: load PORT COUNT AT_ONCE [DIRECTORY]
 */
#include <arpa/inet.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "common/chat1/initiator.h"
#include "common/chat1/warmup.h"
#include "common/users/directory.h"
#include "common/users/identity.h"
#include "tests/bench/floor.h"

#define MOST_AT_ONCE 1024

struct talk {
	int fd;
	int frame; /* the frame that was read or is next: 2, 4 or 6 */
	double start_us;
	struct initiator initiator;
	struct floor_side side;
	struct line in;
};

/* The protocol: each function returns 0 or an error. */
struct dialect {
	int (*hello)(struct talk *, struct line *out);
	int (*answer)(struct talk *, struct line *out); /* a complete frame */
	bool (*whole)(const struct talk *);
};

static struct suite suite;
static struct spake2 *spake2;
static struct passwords passwords;
static struct talk *talks;
static const struct dialect *dialect;
static int events;

static double
now_us(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec * 1e6 + (double)now.tv_nsec / 1e3;
}

static int
chat1_hello(struct talk *talk, struct line *out)
{
	struct initiator_input input = {.from = "bob",
	    .to = "alice",
	    .password_from = passwords.from,
	    .password_to = passwords.to};

	if (getentropy(input.drawn, SIZE_ID) != 0 ||
	    getentropy(input.scalar, SIZE_SCALAR) != 0 ||
	    getentropy(input.nonce, SIZE_NONCE) != 0 ||
	    initiator_open(&talk->initiator, &suite, spake2, &input) != 0)
		return -1;
	return initiator_hello(&talk->initiator, time(NULL), out);
}

static int
chat1_answer(struct talk *talk, struct line *out)
{
	struct initiator *initiator = &talk->initiator;
	int error;

	if (talk->frame == 2)
		return initiator_challenge(
		    initiator, time(NULL), &talk->in, out);
	if (talk->frame == 6)
		return initiator_receipt(
		    initiator, time(NULL), &talk->in, &(struct receipt){0});
	error = initiator_confirm(initiator, time(NULL), &talk->in);
	if (error != 0)
		return error;
	return initiator_text(initiator, FRAME_TEXT, time(NULL), FLOOR_TEXT,
	    sizeof(FLOOR_TEXT) - 1, out);
}

static bool
chat1_whole(const struct talk *talk)
{
	return talk->in.len > 0 && talk->in.bytes[talk->in.len - 1] == '\n';
}

static int
plain_hello(struct talk *talk, struct line *out)
{
	int error = floor_open(&talk->side, &suite, spake2, SPAKE2_A);

	return error != 0 ? error : floor_hello(&talk->side, out);
}

static int
plain_answer(struct talk *talk, struct line *out)
{
	if (talk->frame == 2)
		return floor_challenge(&talk->side, &talk->in, out);
	if (talk->frame == 4)
		return floor_confirm(&talk->side, &talk->in, out);
	return floor_receipt(&talk->side, &talk->in);
}

static bool
plain_whole(const struct talk *talk)
{
	return talk->in.len == floor_length(talk->frame);
}

static const struct dialect chat1 = {chat1_hello, chat1_answer, chat1_whole};
static const struct dialect plain = {plain_hello, plain_answer, plain_whole};

static void
connect_to(struct talk *talk, const struct sockaddr_in *to)
{
	struct epoll_event event = {.events = EPOLLOUT, .data.ptr = talk};
	int on = 1;

	talk->start_us = now_us();
	talk->in.len = 0;
	talk->frame = 0;
	talk->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
	(void)setsockopt(talk->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	if (connect(talk->fd, (const struct sockaddr *)to, sizeof(*to)) != 0 &&
	    errno != EINPROGRESS)
		err(1, "connect");
	if (epoll_ctl(events, EPOLL_CTL_ADD, talk->fd, &event) != 0)
		err(1, "epoll_ctl");
}

/* Short enough for a socket to take it whole. */
static bool
put(const struct talk *talk, const struct line *out)
{
	return write(talk->fd, out->bytes, out->len) == (ssize_t)out->len;
}

/* Connected: sends the first frame. */
static bool
begin(struct talk *talk, struct line *out)
{
	struct epoll_event event = {.events = EPOLLIN, .data.ptr = talk};

	talk->frame = 2;
	return epoll_ctl(events, EPOLL_CTL_MOD, talk->fd, &event) == 0 &&
	    dialect->hello(talk, out) == 0 && put(talk, out);
}

/* Reads bytes. Returns false if the message has failed. */
static bool
go_on(struct talk *talk, struct line *out)
{
	ssize_t n = read(talk->fd, talk->in.bytes + talk->in.len,
	    LIMIT_FRAME - talk->in.len);

	if (n == -1 && errno == EAGAIN)
		return true;
	if (n <= 0)
		return false;
	talk->in.len += (size_t)n;
	if (!dialect->whole(talk))
		return true;
	if (dialect->answer(talk, out) != 0 ||
	    (talk->frame < 6 && !put(talk, out)))
		return false;
	talk->in.len = 0;
	talk->frame += 2;
	return true;
}

/* Continues what is ready. Returns whether the session has ended. */
static bool
step(struct talk *talk)
{
	static struct line out;
	bool good = talk->frame == 0 ? begin(talk, &out) : go_on(talk, &out);

	if (good && talk->frame <= 6)
		return false;
	(void)close(talk->fd);
	(void)printf("%.1f 0 %d\n", now_us() - talk->start_us, !good);
	return true;
}

static void
run(const struct sockaddr_in *to, int count, int at_once)
{
	struct epoll_event ready[MOST_AT_ONCE];
	int started = 0, ended = 0, n;

	for (; started < at_once && started < count; started++)
		connect_to(&talks[started], to);
	while (ended < count) {
		n = epoll_wait(events, ready, at_once, -1);
		for (int i = 0; i < n; i++) {
			if (!step(ready[i].data.ptr))
				continue;
			ended++;
			if (started++ < count)
				connect_to(ready[i].data.ptr, to);
		}
	}
}

static void
learn(const char *path)
{
	static struct directory directory;
	struct fault fault;
	int fd = open(path, O_RDONLY);

	if (fd == -1 || directory_read(fd, NULL, &directory, &fault) != 0)
		errx(1, "%s: cannot read it", path);
	identity_passwords(&directory, "bob", "alice", &passwords);
}

int
main(int argc, char *argv[])
{
	struct sockaddr_in to = {
	    .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int count, at_once;
	double start_us;

	if (argc < 4 || argc > 5)
		errx(1, "usage: load PORT COUNT AT_ONCE [DIRECTORY]");
	to.sin_port = htons((uint16_t)atoi(argv[1]));
	count = atoi(argv[2]);
	at_once = atoi(argv[3]);
	dialect = argc == 5 ? &chat1 : &plain;
	if (count < 1 || at_once < 1 || at_once > MOST_AT_ONCE ||
	    (talks = calloc((size_t)at_once, sizeof(*talks))) == NULL)
		errx(1, "COUNT or AT_ONCE out of range");
	if (argc == 5)
		learn(argv[4]);
	events = epoll_create1(0);
	if (suite_open(&suite) != 0 || warmup_run(&suite) != 0 ||
	    spake2_open(&spake2) != 0 || events == -1)
		errx(1, "cannot start");
	start_us = now_us();
	run(&to, count, at_once);
	(void)printf("total %.1f\n", now_us() - start_us);
	return 0;
}
