/*
 * The listening socket: opening, adopting, errors; and the answer to a refusal.
 */
#include <fcntl.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/un.h>

#include "common/chat1/frame.h"
#include "listener/parent/acceptor.h"
#include "listener/parent/busy.h"
#include "tests/unit/listener.h"

#define WAIT_MS UNIT_LATE_MS /* for what the kernel does in no time */

static struct acceptor acceptor;
static const char *reason;

static void
setup(void)
{
	(void)signal(SIGPIPE, SIG_IGN);
	/* What looks like a name is asked for, even where nobody answers. */
	(void)setenv("RES_OPTIONS", "attempts:1 timeout:1", 1);
	acceptor.fd = -1;
	reason = NULL;
}

static void
teardown(void)
{
	if (acceptor.fd != -1)
		(void)close(acceptor.fd);
}

static int
open_at(int family, const char *address, uint16_t port)
{
	return acceptor_open(&acceptor, family, address, port, &reason);
}

static int
option(int fd, int level, int name)
{
	int value = -1;
	socklen_t len = sizeof(value);

	ck_assert_int_eq(getsockopt(fd, level, name, &value, &len), 0);
	return value;
}

/* Returns a socket connected to this address and port. */
static int
connect_to(const char *text, uint16_t port)
{
	struct sockaddr_storage address = address_of(text);
	struct sockaddr_in *in = (void *)&address;
	int fd = socket(address.ss_family, SOCK_STREAM, 0);

	in->sin_port = htons(port); /* IPv6 has it in the same place */
	ck_assert_int_ne(fd, -1);
	if (connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0)
		return fd;
	(void)close(fd);
	return -1;
}

/* Accepts the next connection, which is there or arrives at once. */
static int
accept_next(struct source *source)
{
	struct pollfd ready = {.fd = acceptor.fd, .events = POLLIN};

	ck_assert_int_eq(poll(&ready, 1, WAIT_MS), 1);
	return acceptor_accept(&acceptor, source);
}

/* Whether a connection to `address` is accepted, and comes from `from`. */
static bool
accepts(const char *address, const char *from)
{
	int client = connect_to(address, acceptor.port), fd;
	struct source source;

	if (client == -1)
		return false;
	fd = accept_next(&source);
	ck_assert_int_ne(fd, -1);
	ck_assert_str_eq(source.text, from);
	ck_assert_int_ne(fcntl(fd, F_GETFL) & O_NONBLOCK, 0);
	ck_assert_int_ne(fcntl(fd, F_GETFD) & FD_CLOEXEC, 0);
	ck_assert_int_eq(option(fd, IPPROTO_TCP, TCP_NODELAY), 1);
	(void)close(fd);
	(void)close(client);
	return true;
}

/* Some machines have no IPv6. */
static bool
has_ipv6(void)
{
	struct sockaddr_storage loopback = address_of("::1");
	struct sockaddr_in6 *in6 = (void *)&loopback;
	int fd = socket(AF_INET6, SOCK_STREAM, 0);
	bool has;

	in6->sin6_port = 0;
	has = fd != -1 &&
	    bind(fd, (struct sockaddr *)&loopback, sizeof(*in6)) == 0;
	if (fd != -1)
		(void)close(fd);
	return has;
}

static void
expect_endpoint(const char *address)
{
	char endpoint[SIZE_ENDPOINT];

	(void)snprintf(
	    endpoint, sizeof(endpoint), "%s:%u", address, acceptor.port);
	ck_assert_uint_ne(acceptor.port, 0);
	ck_assert_str_eq(acceptor.endpoint, endpoint);
	ck_assert_int_ne(fcntl(acceptor.fd, F_GETFL) & O_NONBLOCK, 0);
	ck_assert_int_ne(fcntl(acceptor.fd, F_GETFD) & FD_CLOEXEC, 0);
}

START_TEST(port_0_of_all_addresses_takes_both_families)
{
	ck_assert_int_eq(open_at(AF_UNSPEC, NULL, 0), 0);
	expect_endpoint(has_ipv6() ? "[::]" : "0.0.0.0");
	ck_assert(accepts("127.0.0.1", "127.0.0.1"));
	ck_assert(!has_ipv6() || accepts("::1", "::1"));
}
END_TEST

START_TEST(ipv4_alone_takes_no_ipv6)
{
	ck_assert_int_eq(open_at(AF_INET, NULL, 0), 0);
	expect_endpoint("0.0.0.0");
	ck_assert(accepts("127.0.0.1", "127.0.0.1"));
	ck_assert(!has_ipv6() || !accepts("::1", "::1"));
}
END_TEST

START_TEST(ipv6_alone_takes_no_ipv4)
{
	if (!has_ipv6())
		return;
	ck_assert_int_eq(open_at(AF_INET6, NULL, 0), 0);
	expect_endpoint("[::]");
	ck_assert(accepts("::1", "::1"));
	ck_assert(!accepts("127.0.0.1", "127.0.0.1"));
}
END_TEST

START_TEST(one_address_takes_that_alone)
{
	ck_assert_int_eq(open_at(AF_UNSPEC, "127.0.0.1", 0), 0);
	expect_endpoint("127.0.0.1");
	ck_assert(accepts("127.0.0.1", "127.0.0.1"));
	ck_assert(!accepts("127.0.0.2", "127.0.0.1"));
}
END_TEST

START_TEST(one_address_of_ipv6_takes_that_alone)
{
	if (!has_ipv6())
		return;
	ck_assert_int_eq(open_at(AF_UNSPEC, "::1", 0), 0);
	expect_endpoint("[::1]");
	ck_assert(accepts("::1", "::1"));
	ck_assert(!accepts("127.0.0.1", "127.0.0.1"));
}
END_TEST

/* Expects that it cannot be opened, with a reason in words. */
static void
expect_refused(int family, const char *address, uint16_t port)
{
	reason = NULL;
	ck_assert_int_eq(open_at(family, address, port), CHAT_EIO);
	ck_assert_ptr_nonnull(reason);
	ck_assert_str_ne(reason, "");
	ck_assert_str_ne(reason, strerror(0));
}

START_TEST(a_bad_address_is_refused_with_a_reason)
{
	expect_refused(AF_UNSPEC, "192.0.2.256", 0);
	expect_refused(AF_UNSPEC, "192.0.2.1", 0); /* not of this host */
	ck_assert_str_eq(reason, strerror(EADDRNOTAVAIL));
	expect_refused(AF_INET, "::1", 0);
	expect_refused(AF_INET6, "127.0.0.1", 0);
	acceptor.fd = -1;
}
END_TEST

/* Expects that this port cannot be opened while another socket has it. */
static void
expect_in_use(int family, int taken)
{
	struct acceptor first;

	ck_assert_int_eq(acceptor_open(&first, taken, NULL, 0, &reason), 0);
	expect_refused(family, NULL, first.port);
	ck_assert_str_eq(reason, strerror(EADDRINUSE));
	(void)close(first.fd);
	acceptor.fd = -1;
}

/* If IPv4 or IPv6 is in use, the other one alone is not opened. */
START_TEST(a_port_in_use_is_refused_with_a_reason)
{
	expect_in_use(AF_INET, AF_INET);
	expect_in_use(AF_UNSPEC, AF_INET);
	expect_in_use(AF_UNSPEC, AF_UNSPEC);
	if (has_ipv6()) {
		expect_in_use(AF_INET6, AF_INET6);
		expect_in_use(AF_UNSPEC, AF_INET6);
	}
}
END_TEST

START_TEST(a_port_just_left_can_be_opened_again)
{
	uint16_t port;

	ck_assert_int_eq(open_at(AF_INET, "127.0.0.1", 0), 0);
	port = acceptor.port;
	ck_assert(accepts("127.0.0.1", "127.0.0.1"));
	(void)close(acceptor.fd);
	ck_assert_int_eq(open_at(AF_INET, "127.0.0.1", port), 0);
	ck_assert_uint_eq(acceptor.port, port);
}
END_TEST

START_TEST(accept_does_not_wait)
{
	struct source source;

	ck_assert_int_eq(open_at(AF_INET, "127.0.0.1", 0), 0);
	ck_assert_int_eq(acceptor_accept(&acceptor, &source), -1);
	ck_assert_int_eq(errno, EAGAIN);
}
END_TEST

/* Returns a socket bound to a free port of 127.0.0.1. */
static int
bound(int type)
{
	struct sockaddr_storage address = address_of("127.0.0.1");
	struct sockaddr_in *in = (void *)&address;
	int fd = socket(AF_INET, type, 0);

	in->sin_port = 0;
	ck_assert_int_eq(bind(fd, (struct sockaddr *)&address, sizeof(*in)), 0);
	return fd;
}

START_TEST(a_listening_socket_is_adopted)
{
	int fd = bound(SOCK_STREAM);

	ck_assert_int_eq(listen(fd, 5), 0);
	ck_assert_int_eq(acceptor_adopt(&acceptor, fd, &reason), 0);
	ck_assert_int_eq(acceptor.fd, fd);
	expect_endpoint("127.0.0.1");
	ck_assert(accepts("127.0.0.1", "127.0.0.1"));
}
END_TEST

START_TEST(a_bound_socket_listens_once_adopted)
{
	ck_assert_int_eq(
	    acceptor_adopt(&acceptor, bound(SOCK_STREAM), &reason), 0);
	expect_endpoint("127.0.0.1");
	ck_assert(accepts("127.0.0.1", "127.0.0.1"));
}
END_TEST

static void
expect_not_adopted(int fd)
{
	reason = NULL;
	ck_assert_int_ne(fd, -1);
	ck_assert_int_eq(acceptor_adopt(&acceptor, fd, &reason), CHAT_EIO);
	ck_assert_ptr_nonnull(reason);
	ck_assert_str_ne(reason, "");
	ck_assert_str_ne(reason, strerror(0));
	(void)close(fd);
	acceptor.fd = -1;
}

START_TEST(what_does_not_listen_for_tcp_is_not_adopted)
{
	struct acceptor other;
	int ends[2];

	expect_not_adopted(bound(SOCK_DGRAM));
	ck_assert_int_eq(pipe(ends), 0);
	expect_not_adopted(ends[0]);
	(void)close(ends[1]);
	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
	expect_not_adopted(ends[0]);
	(void)close(ends[1]);
	expect_not_adopted(open("/dev/null", O_RDONLY));
	expect_not_adopted(socket(AF_UNIX, SOCK_STREAM, 0));
	ck_assert_int_eq(acceptor_open(&other, AF_INET, NULL, 0, &reason), 0);
	expect_not_adopted(connect_to("127.0.0.1", other.port));
	(void)close(other.fd);
}
END_TEST

START_TEST(a_descriptor_that_is_not_open_is_not_adopted)
{
	int fd = open("/dev/null", O_RDONLY);

	(void)close(fd);
	ck_assert_int_eq(acceptor_adopt(&acceptor, fd, &reason), CHAT_EIO);
	ck_assert_str_eq(reason, strerror(EBADF));
	acceptor.fd = -1;
}
END_TEST

/* Two ends of a TCP connection. */
static void
connection(int ends[2])
{
	struct source source;

	ck_assert_int_eq(open_at(AF_INET, "127.0.0.1", 0), 0);
	ends[0] = connect_to("127.0.0.1", acceptor.port);
	ends[1] = accept_next(&source);
	ck_assert(ends[0] != -1 && ends[1] != -1);
}

/* Reads everything until the end. */
static void
read_all(int fd, struct line *line)
{
	ssize_t n;

	line->len = 0;
	while ((n = read(fd, line->bytes + line->len,
		    sizeof(line->bytes) - line->len)) > 0)
		line->len += (size_t)n;
	ck_assert_int_eq(n, 0);
}

/* Expects this nack as the answer to a refusal. */
static void
assert_refusal(enum refusal refusal, uint8_t wanted)
{
	static struct line line;
	uint8_t payload[LIMIT_CIPHERTEXT];
	struct frame frame;
	int ends[2];

	connection(ends);
	ck_assert_int_eq(write(ends[0], "a hello", 7), 7);
	busy_send(ends[1], refusal);
	(void)close(ends[1]);
	read_all(ends[0], &line);
	ck_assert_int_eq(
	    frame_decode(&line, &frame, payload, sizeof(payload)), 0);
	ck_assert_int_eq(frame.type, FRAME_NACK);
	ck_assert(!frame.has_mac);
	ck_assert_uint_eq(frame.payload_len, 1);
	ck_assert_uint_eq(payload[0], wanted);
	(void)close(ends[0]);
}

/* Only a source that is shut out is told to wait: the others did nothing. */
START_TEST(a_refusal_is_one_nack_and_the_end)
{
	for (int refusal = REFUSAL_FULL; refusal < REFUSALS; refusal++)
		assert_refusal((enum refusal)refusal,
		    refusal == REFUSAL_PENALTY ? NACK_WAIT : NACK_BUSY);
}
END_TEST

/* Nor does it wait for a peer that has gone or does not read. */
START_TEST(a_refusal_waits_for_nobody)
{
	static const char junk[4096];
	int ends[2];

	connection(ends);
	while (write(ends[1], junk, sizeof(junk)) != -1)
		continue;
	ck_assert_int_eq(errno, EAGAIN);
	ck_assert_int_eq(fcntl(ends[1], F_SETFL, 0), 0); /* fill it */
	busy_send(ends[1], REFUSAL_FULL);
	(void)close(ends[0]);
	busy_send(ends[1], REFUSAL_FULL);
	(void)close(ends[1]);
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = {
	    port_0_of_all_addresses_takes_both_families,
	    ipv4_alone_takes_no_ipv6,
	    ipv6_alone_takes_no_ipv4,
	    one_address_takes_that_alone,
	    one_address_of_ipv6_takes_that_alone,
	    a_bad_address_is_refused_with_a_reason,
	    a_port_in_use_is_refused_with_a_reason,
	    a_port_just_left_can_be_opened_again,
	    accept_does_not_wait,
	    a_listening_socket_is_adopted,
	    a_bound_socket_listens_once_adopted,
	    what_does_not_listen_for_tcp_is_not_adopted,
	    a_descriptor_that_is_not_open_is_not_adopted,
	    a_refusal_is_one_nack_and_the_end,
	    a_refusal_waits_for_nobody,
	};

	return unit_run(&(struct unit){
	    "listener acceptor", tests, COUNT(tests), setup, teardown});
}
