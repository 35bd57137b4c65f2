/*
 * Drives the recorder alone, in the place of parent, keyholder and sessions; or
 * a Redis with as many clients. So many messages, so many of them waiting for
 * their reply at once. The keyholder's tickets and the parent's channels are
 * made before a message counts. Prints "WALL 0 STATUS" for each message,
 * microseconds from request to reply and 0 or 1, and at the end "total WALL".
 * usage: record COUNT AT_ONCE log FILE | record COUNT AT_ONCE redis SOCKET
 */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/sockios.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "common/base/limits.h"
#include "listener/link/order.h"
#include "listener/link/session_recorder.h"
#include "listener/link/ticket.h"
#include "listener/recorder/recorder.h"
#include "tests/bench/floor.h"

#define MOST_AT_ONCE 1024
#define BLOCK 1024 /* channels that are open at once */
#define TEXT FLOOR_TEXT
#define TEXT_LEN (sizeof(TEXT) - 1)

struct request {
	struct recorder_ask ask;
	char text[TEXT_LEN];
};

struct client {
	int fd;
	double start_us;
};

/* The server: each function ends the program if it cannot do its work. */
struct server {
	void (*prepare)(int block); /* so many messages come next */
	/* Connects a client for message i of the block, or lets it be. */
	void (*connect)(struct client *, int i);
	void (*ask)(const struct client *, int i);
	bool (*hear)(struct client *); /* whether the reply is good */
};

static struct suite suite;
static uint8_t key[SIZE_HASH];
static int control, events;
static uint64_t sessions; /* so far */
static int channels[BLOCK];
static struct request requests[BLOCK];
static struct sockaddr_un redis = {.sun_family = AF_UNIX};

static double
now_us(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec * 1e6 + (double)now.tv_nsec / 1e3;
}

static void
watch(struct client *client)
{
	struct epoll_event event = {.events = EPOLLIN, .data.ptr = client};

	if (epoll_ctl(events, EPOLL_CTL_ADD, client->fd, &event) != 0)
		err(1, "epoll_ctl");
}

/* What a session has to ask when its sender has proven itself. */
static void
vouch(struct request *request)
{
	struct message message = {
	    .from = "bob", .to = "alice", .listed = true, .sent = time(NULL)};
	const struct ticket_subject subject = {.session = sessions,
	    .from = message.from,
	    .to = message.to,
	    .listed = true,
	    .id = message.id};
	const struct source source = {.bytes = {0}};
	uint8_t ticket[SIZE_HASH];

	memcpy(message.id, &sessions, sizeof(sessions));
	if (ticket_make(&suite, key, &subject, ticket) != 0)
		errx(1, "no ticket");
	request->ask.request = RECORDER_APPEND;
	submission_fill(&request->ask.submission, &message, &source, ticket);
	memcpy(request->text, TEXT, TEXT_LEN);
}

/* Opens the channels of sessions, and waits until the recorder has them. */
static void
log_prepare(int block)
{
	int pair[2], left;

	for (int i = 0; i < block; i++) {
		const struct order order = {ORDER_SESSION, ++sessions, 0};

		if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK, 0,
			pair) != 0 ||
		    order_send(control, &order, pair[1], 0) != 0)
			err(1, "cannot open a channel");
		(void)close(pair[1]);
		channels[i] = pair[0];
		vouch(&requests[i]);
	}
	while (ioctl(control, SIOCOUTQ, &left) == 0 && left > 0)
		(void)usleep(100);
}

static void
log_connect(struct client *client, int i)
{
	client->fd = channels[i];
	watch(client);
}

static void
log_ask(const struct client *client, int i)
{
	if (write(client->fd, &requests[i], sizeof(requests[i])) !=
	    (ssize_t)sizeof(requests[i]))
		err(1, "cannot ask the recorder");
}

static bool
log_hear(struct client *client)
{
	struct recorder_reply reply;
	bool good =
	    read(client->fd, &reply, sizeof(reply)) == (ssize_t)sizeof(reply) &&
	    reply.result == RECORDER_RECORDED;

	(void)close(client->fd);
	return good;
}

static void
redis_prepare(int block)
{
	(void)block;
}

static void
redis_connect(struct client *client, int i)
{
	(void)i;
	if (client->fd != -1)
		return;
	client->fd = socket(AF_UNIX, SOCK_STREAM, 0);
	if (connect(client->fd, (const struct sockaddr *)&redis,
		sizeof(redis)) != 0)
		err(1, "%s", redis.sun_path);
	watch(client);
}

static void
redis_ask(const struct client *client, int i)
{
	static const char push[] = "*3\r\n$5\r\nRPUSH\r\n$3\r\nlog\r\n"
				   "$43\r\n" TEXT "\r\n";

	(void)i;
	_Static_assert(TEXT_LEN == 43, "its length stands in the request");
	if (write(client->fd, push, sizeof(push) - 1) !=
	    (ssize_t)sizeof(push) - 1)
		err(1, "cannot ask redis");
}

static bool
redis_hear(struct client *client)
{
	char reply[32];
	ssize_t n = read(client->fd, reply, sizeof(reply));

	return n > 0 && reply[0] == ':' && reply[n - 1] == '\n';
}

static const struct server log_server = {
    log_prepare, log_connect, log_ask, log_hear};
static const struct server redis_server = {
    redis_prepare, redis_connect, redis_ask, redis_hear};

/* Sends the messages of a block. Returns how long that took. */
static double
run_block(
    const struct server *server, struct client *clients, int at_once, int block)
{
	struct epoll_event ready[MOST_AT_ONCE];
	int started = 0, ended = 0, n;
	double start_us;

	server->prepare(block);
	start_us = now_us();
	while (ended < block) {
		for (; started < block && started - ended < at_once;
		    started++) {
			struct client *client = clients;

			while (client->start_us > 0)
				client++;
			server->connect(client, started);
			client->start_us = now_us();
			server->ask(client, started);
		}
		n = epoll_wait(events, ready, at_once, -1);
		for (int i = 0; i < n; i++, ended++) {
			struct client *client = ready[i].data.ptr;
			bool good = server->hear(client);

			(void)printf(
			    "%.1f 0 %d\n", now_us() - client->start_us, !good);
			client->start_us = 0;
		}
	}
	return now_us() - start_us;
}

/* Starts the recorder, as the parent does. */
static void
start_recorder(const char *path)
{
	static struct recorder_config config = {.quiet = true, .places = BLOCK};
	int pipe[2], recorded, fd = open(path, O_RDWR | O_CREAT, 0600);
	struct recorder_log log;
	const char *what;

	if (fd == -1)
		err(1, "%s", path);
	config.path = path;
	config.suite = &suite;
	if (privdrop_prepare(&config.jail, &what) != 0)
		err(1, "cannot %s", what);
	if (ticket_open_pipe(pipe) != 0 || getentropy(key, SIZE_HASH) != 0)
		err(1, "cannot make a key");
	config.ticket_pipe = pipe[0];
	if (recorder_start(&config, &control, &recorded) == -1 ||
	    recorder_pass(control, fd, NULL, 0) != 0 ||
	    recorder_opened(control, &log) != 0 || log.error != 0)
		errx(1, "the recorder does not start");
	ticket_send_key(pipe[1], key);
}

int
main(int argc, char *argv[])
{
	static struct client clients[MOST_AT_ONCE];
	int count = argc == 5 ? atoi(argv[1]) : 0;
	int at_once = argc == 5 ? atoi(argv[2]) : 0;
	const struct server *server = &redis_server;
	double total_us = 0;

	setproctitle_init(argc, argv, environ); /* the recorder has a title */
	if (count < 1 || at_once < 1 || at_once > MOST_AT_ONCE)
		errx(1, "usage: record COUNT AT_ONCE log FILE|redis SOCKET");
	if (suite_open(&suite) != 0 || (events = epoll_create1(0)) == -1)
		errx(1, "cannot start");
	if (strcmp(argv[3], "log") == 0) {
		server = &log_server;
		start_recorder(argv[4]);
	} else if (strlcpy(redis.sun_path, argv[4], sizeof(redis.sun_path)) >=
	    sizeof(redis.sun_path)) {
		errx(1, "%s: too long", argv[4]);
	}
	for (int i = 0; i < at_once; i++)
		clients[i] = (struct client){.fd = -1};
	for (int left = count; left > 0; left -= BLOCK)
		total_us += run_block(
		    server, clients, at_once, left < BLOCK ? left : BLOCK);
	(void)printf("total %.1f\n", total_us);
	return 0;
}
