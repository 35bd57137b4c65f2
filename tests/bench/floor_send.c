/*
 * The floor's sender: connects to a port of this host, gives up the same
 * rights, does its part, and ends. usage: floor_send PORT
 */
#include <arpa/inet.h>
#include <err.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/base/sandbox.h"
#include "tests/bench/wire.h"

static struct suite suite;
static struct spake2 *spake2;
static struct floor_side side;
static struct line in, out;

static void
guard_memory(void)
{
	const struct rlimit none = {0, 0};

	if (setrlimit(RLIMIT_CORE, &none) != 0 ||
	    prctl(PR_SET_DUMPABLE, 0) != 0)
		err(1, "cannot forbid core dumps");
}

static int
connect_to(const char *port)
{
	struct sockaddr_in to = {.sin_family = AF_INET,
	    .sin_port = htons((uint16_t)atoi(port)),
	    .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	struct pollfd ready = {.events = POLLOUT};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0), on = 1;

	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	if (connect(fd, (struct sockaddr *)&to, sizeof(to)) != 0 &&
	    errno != EINPROGRESS)
		err(1, "connect");
	ready.fd = fd;
	(void)poll(&ready, 1, -1);
	return fd;
}

/* The first frame is sent as early as possible. */
static void
greet(int fd)
{
	if (suite_open(&suite) != 0 || spake2_open(&spake2) != 0 ||
	    floor_open(&side, &suite, spake2, SPAKE2_A) != 0 ||
	    floor_hello(&side, &out) != 0 || wire_write(fd, &out) != 0)
		errx(1, "cannot start");
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
	    sandbox_enter(SANDBOX_SENDER) != 0)
		err(1, "cannot enter the sandbox");
}

int
main(int argc, char *argv[])
{
	int fd;

	guard_memory();
	if (argc != 2)
		errx(1, "usage: floor_send PORT");
	fd = connect_to(argv[1]);
	greet(fd);
	if (wire_read(fd, 2, &in) != 0 ||
	    floor_challenge(&side, &in, &out) != 0 ||
	    wire_write(fd, &out) != 0 || wire_read(fd, 4, &in) != 0 ||
	    floor_confirm(&side, &in, &out) != 0 || wire_write(fd, &out) != 0 ||
	    wire_read(fd, 6, &in) != 0 || floor_receipt(&side, &in) != 0)
		_exit(1);
	_exit(0);
}
