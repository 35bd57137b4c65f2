/* The session's side of its channel; passing descriptors to the keyholder. */
#include <fcntl.h>
#include <sys/wait.h>

#include "common/base/clock.h"
#include "listener/link/order.h"
#include "listener/link/session_keyholder.h"
#include "tests/unit/listener.h"

#define SOON_MS 150
#define LATE_MS UNIT_LATE_MS
#define REQUESTS 3 /* requests that have a reply */

static int channel, keyholder;       /* the two ends */
static uint8_t bytes[4][SIZE_POINT]; /* sent */
static uint8_t got[2][SIZE_POINT];   /* received */
static bool listed;
static enum verdict verdict;

static void
open_channel(int type)
{
	int ends[2];

	ck_assert_int_eq(
	    socketpair(AF_UNIX, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends),
	    0);
	channel = ends[0];
	keyholder = ends[1];
}

static void
setup(void)
{
	(void)signal(SIGPIPE, SIG_IGN);
	open_channel(SOCK_SEQPACKET);
	for (size_t i = 0; i < COUNT(bytes); i++)
		memset(bytes[i], (int)(0x11 * (i + 1)), SIZE_POINT);
	memset(got, 0x77, sizeof(got));
	verdict = VERDICT_BUSY;
}

static void
teardown(void)
{
	(void)close(channel);
	(void)close(keyholder);
}

/* Makes request n, 0 to 2, with a deadline in so many milliseconds. */
static int
ask(int n, int64_t ms)
{
	int64_t deadline = clock_now_ms() + ms;

	if (n == 0)
		return keyholder_ask_begin(channel, "bob", "alice", bytes[0],
		    got[0], got[1], deadline);
	if (n == 1)
		return keyholder_ask_verify(channel, bytes[3], bytes[0],
		    bytes[1], bytes[2], got[0], &listed, got[1], deadline);
	return keyholder_ask_deliver(channel, bytes[1], &verdict, deadline);
}

static const size_t reply_sizes[REQUESTS] = {sizeof(struct begin_reply),
    sizeof(struct verify_reply), sizeof(struct deliver_reply)};

/* Sends the keyholder's answer in advance. */
static void
answer_with(const void *reply, size_t len)
{
	ck_assert_int_eq(send(keyholder, reply, len, 0), (ssize_t)len);
}

/* Expects that the keyholder reads this datagram. */
static void
expect_request(const void *request, size_t size)
{
	uint8_t datagram[512];

	ck_assert_int_eq(
	    recv(keyholder, datagram, sizeof(datagram), 0), (ssize_t)size);
	ck_assert_mem_eq(datagram, request, size);
}

START_TEST(begin_says_names_and_share_and_takes_the_challenge)
{
	struct begin_request request = {
	    .request = 1, .from = "bob", .to = "alice"};
	struct begin_reply reply;

	memcpy(request.pa, bytes[0], SIZE_POINT);
	memset(reply.pb, 4, SIZE_POINT);
	memset(reply.cl, 5, SIZE_NONCE);
	answer_with(&reply, sizeof(reply));
	ck_assert_int_eq(ask(0, LATE_MS), 0);
	expect_request(&request, 196);
	ck_assert_mem_eq(got[0], reply.pb, SIZE_POINT);
	ck_assert_mem_eq(got[1], reply.cl, SIZE_NONCE);
}
END_TEST

START_TEST(begin_cuts_no_name_of_full_length)
{
	struct begin_request request = {.request = 1};
	char name[LIMIT_NAME + 1] = "";
	struct begin_reply reply = {.pb = {4}};

	memset(name, 'n', LIMIT_NAME);
	memcpy(request.from, name, LIMIT_NAME);
	memcpy(request.to, name, LIMIT_NAME);
	memcpy(request.pa, bytes[0], SIZE_POINT);
	answer_with(&reply, sizeof(reply));
	ck_assert_int_eq(keyholder_ask_begin(channel, name, name, bytes[0],
			     got[0], got[1], clock_now_ms() + LATE_MS),
	    0);
	expect_request(&request, sizeof(request));
}
END_TEST

START_TEST(a_challenge_of_zero_says_that_it_was_no_point)
{
	const struct begin_reply zero = {.pb = {0}};

	answer_with(&zero, sizeof(zero));
	ck_assert_int_eq(ask(0, LATE_MS), CHAT_EMALFORMED);
}
END_TEST

START_TEST(verify_says_id_and_proof_and_takes_key_and_ticket)
{
	struct verify_request request = {.request = 2};
	struct verify_reply reply = {.right = 1, .listed = 1};

	memcpy(request.id, bytes[3], SIZE_ID);
	memcpy(request.t2, bytes[0], SIZE_HASH);
	memcpy(request.cs, bytes[1], SIZE_NONCE);
	memcpy(request.ps, bytes[2], SIZE_HASH);
	memset(reply.enc_key, 6, SIZE_HASH);
	memset(reply.ticket, 8, SIZE_HASH);
	answer_with(&reply, sizeof(reply));
	ck_assert_int_eq(ask(1, LATE_MS), 0);
	expect_request(&request, 113);
	ck_assert_mem_eq(got[0], reply.enc_key, SIZE_HASH);
	ck_assert_mem_eq(got[1], reply.ticket, SIZE_HASH);
	ck_assert(listed);
	reply.listed = 0;
	answer_with(&reply, sizeof(reply));
	ck_assert_int_eq(ask(1, LATE_MS), 0);
	ck_assert(!listed);
}
END_TEST

/*
 * Without a right proof, the rest of the reply is ignored: no key and no ticket
 * is returned.
 */
START_TEST(verify_takes_no_key_unless_the_proof_is_right)
{
	struct verify_reply reply = {.listed = 1};
	uint8_t before[SIZE_HASH];

	memcpy(before, got[0], SIZE_HASH);
	memset(reply.enc_key, 6, SIZE_HASH);
	memset(reply.ticket, 8, SIZE_HASH);
	for (int right = 0; right < 256; right++) {
		if (right == 1)
			continue;
		reply.right = (uint8_t)right;
		answer_with(&reply, sizeof(reply));
		ck_assert_int_eq(ask(1, LATE_MS), CHAT_EAUTH);
		ck_assert_mem_eq(got[0], before, SIZE_HASH);
		ck_assert_mem_eq(got[1], before, SIZE_HASH);
	}
}
END_TEST

START_TEST(deliver_says_the_text_and_takes_the_verdict)
{
	struct deliver_request request = {.request = 3};

	memcpy(request.digest, bytes[1], SIZE_HASH);
	for (uint8_t n = VERDICT_GO; n <= VERDICT_BUSY; n++) {
		const struct deliver_reply reply = {n};

		answer_with(&reply, sizeof(reply));
		ck_assert_int_eq(ask(2, LATE_MS), 0);
		ck_assert_int_eq((int)verdict, n);
		expect_request(&request, 33);
	}
}
END_TEST

START_TEST(done_says_how_it_went_and_does_not_wait)
{
	for (uint8_t n = WRITTEN_ALL; n <= WRITTEN_PART; n++) {
		const struct done_request request = {4, n};

		ck_assert_int_eq(
		    keyholder_ask_done(channel, (enum written)n), 0);
		expect_request(&request, 2);
	}
}
END_TEST

START_TEST(a_reply_that_is_short_is_none)
{
	static const uint8_t junk[512] = {1, 1, 1, 1};

	for (int n = 0; n < REQUESTS; n++)
		for (size_t len = 0; len < reply_sizes[n]; len++) {
			answer_with(junk, len);
			ck_assert_int_eq(ask(n, LATE_MS), CHAT_EBUSY);
		}
}
END_TEST

START_TEST(without_a_reply_the_deadline_ends_it)
{
	for (int n = 0; n < REQUESTS; n++) {
		int64_t start = clock_now_ms();

		ck_assert_int_eq(ask(n, SOON_MS), CHAT_EBUSY);
		ck_assert_int_ge(clock_now_ms() - start, SOON_MS);
	}
}
END_TEST

/* A turn that is granted too late is given back, unused. */
START_TEST(a_turn_that_comes_too_late_is_given_back)
{
	const struct deliver_request deliver = {.request = 3};
	const struct done_request done = {4, WRITTEN_NOTHING};

	memset(bytes[1], 0, SIZE_HASH);
	ck_assert_int_eq(ask(2, SOON_MS), CHAT_EBUSY);
	expect_request(&deliver, sizeof(deliver));
	expect_request(&done, sizeof(done));
}
END_TEST

START_TEST(after_the_deadline_nothing_is_waited_for)
{
	for (int n = 0; n < REQUESTS; n++)
		ck_assert_int_eq(ask(n, -1), CHAT_EBUSY);
}
END_TEST

/* Answers from a child, once the request is there. */
static pid_t
answer_later(const void *reply, size_t len)
{
	uint8_t datagram[512];
	pid_t pid = fork();

	if (pid != 0)
		return pid;
	(void)fcntl(keyholder, F_SETFL, 0);
	if (recv(keyholder, datagram, sizeof(datagram), 0) <= 0)
		_exit(1);
	_exit(send(keyholder, reply, len, 0) == (ssize_t)len ? 0 : 2);
}

START_TEST(a_reply_is_waited_for)
{
	static const uint8_t reply[512] = {1, 1, 1, 1};
	int status;

	for (int n = 0; n < REQUESTS; n++) {
		pid_t pid = answer_later(reply, reply_sizes[n]);

		ck_assert_int_eq(ask(n, LATE_MS), 0);
		ck_assert_int_eq(waitpid(pid, &status, 0), pid);
		ck_assert_int_eq(status, 0);
	}
}
END_TEST

START_TEST(a_keyholder_that_has_gone_is_busy)
{
	(void)close(keyholder);
	for (int n = 0; n < REQUESTS; n++)
		ck_assert_int_eq(ask(n, LATE_MS), CHAT_EBUSY);
	ck_assert_int_eq(keyholder_ask_done(channel, WRITTEN_ALL), CHAT_EBUSY);
	keyholder = -1;
}
END_TEST

/* The keyholder goes after the request: a closed channel is not a reply. */
START_TEST(a_keyholder_that_goes_is_busy)
{
	for (int n = 0; n < REQUESTS; n++) {
		teardown();
		setup();
		ck_assert_int_eq(shutdown(keyholder, SHUT_WR), 0);
		ck_assert_int_eq(ask(n, LATE_MS), CHAT_EBUSY);
	}
}
END_TEST

START_TEST(a_channel_that_is_full_is_busy)
{
	static const uint8_t junk[512];

	while (write(channel, junk, sizeof(junk)) != -1)
		continue;
	for (int n = 0; n < REQUESTS; n++)
		ck_assert_int_eq(ask(n, LATE_MS), CHAT_EBUSY);
}
END_TEST

/* Sends both ends of a pipe, one by one, and uses what arrives. */
START_TEST(descriptors_arrive_with_their_orders_and_work)
{
	int ends[2], arrived[2];
	struct order order;
	char byte = 0;

	ck_assert_int_eq(pipe(ends), 0);
	ck_assert_int_eq(
	    order_send(
		channel, &(struct order){.what = ORDER_DIRECTORY}, ends[0], 0),
	    0);
	ck_assert_int_eq(
	    order_send(channel, &(struct order){.what = ORDER_SESSION}, ends[1],
		MSG_DONTWAIT),
	    0);
	(void)close(ends[0]);
	(void)close(ends[1]);
	ck_assert_int_eq(order_receive(keyholder, &order, &arrived[0], 0), 0);
	ck_assert_uint_eq(order.what, ORDER_DIRECTORY);
	ck_assert_int_eq(order_receive(keyholder, &order, &arrived[1], 0), 0);
	ck_assert_uint_eq(order.what, ORDER_SESSION);
	ck_assert_int_eq(write(arrived[1], "x", 1), 1);
	ck_assert_int_eq(read(arrived[0], &byte, 1), 1);
	ck_assert_int_eq(byte, 'x');
	for (int i = 0; i < 2; i++) {
		ck_assert_int_ne(fcntl(arrived[i], F_GETFD) & FD_CLOEXEC, 0);
		(void)close(arrived[i]);
	}
}
END_TEST

START_TEST(an_order_without_a_descriptor_is_none)
{
	struct order order = {.what = ORDER_SESSION};
	int arrived = -2;

	ck_assert_int_eq(send(channel, "\1", 1, 0), 1);
	ck_assert_int_eq(
	    order_receive(keyholder, &order, &arrived, 0), CHAT_EIO);
	ck_assert_int_eq(arrived, -2);
	ck_assert_int_eq(
	    order_send(
		channel, &(struct order){.what = ORDER_DIRECTORY}, channel, 0),
	    0);
	ck_assert_int_eq(order_receive(keyholder, &order, &arrived, 0), 0);
	ck_assert_uint_eq(order.what, ORDER_DIRECTORY);
	(void)close(arrived);
}
END_TEST

START_TEST(a_descriptor_that_is_not_open_is_not_sent)
{
	ck_assert_int_eq(
	    order_send(channel, &(struct order){.what = ORDER_SESSION}, -1, 0),
	    CHAT_EIO);
	ck_assert_int_eq(errno, EBADF);
}
END_TEST

START_TEST(the_end_of_the_listener_is_told)
{
	struct order order;
	int arrived;

	(void)close(channel);
	ck_assert_int_eq(
	    order_receive(keyholder, &order, &arrived, 0), CHAT_ECLOSED);
	channel = -1;
}
END_TEST

START_TEST(a_keyholder_that_takes_no_orders_is_not_waited_for)
{
	teardown();
	open_channel(SOCK_SEQPACKET);
	(void)fcntl(channel, F_SETFL, 0); /* blocking, like the parent's */
	while (order_send(channel, &(struct order){.what = ORDER_SESSION},
		   STDERR_FILENO, MSG_DONTWAIT) == 0)
		continue;
	ck_assert(errno == EAGAIN || errno == ETOOMANYREFS);
	(void)close(keyholder);
	ck_assert_int_eq(
	    order_send(channel, &(struct order){.what = ORDER_SESSION},
		STDERR_FILENO, 0),
	    CHAT_EIO);
	keyholder = -1;
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = {
	    begin_says_names_and_share_and_takes_the_challenge,
	    begin_cuts_no_name_of_full_length,
	    a_challenge_of_zero_says_that_it_was_no_point,
	    verify_says_id_and_proof_and_takes_key_and_ticket,
	    verify_takes_no_key_unless_the_proof_is_right,
	    deliver_says_the_text_and_takes_the_verdict,
	    done_says_how_it_went_and_does_not_wait,
	    a_reply_that_is_short_is_none,
	    without_a_reply_the_deadline_ends_it,
	    a_turn_that_comes_too_late_is_given_back,
	    after_the_deadline_nothing_is_waited_for,
	    a_reply_is_waited_for,
	    a_keyholder_that_has_gone_is_busy,
	    a_keyholder_that_goes_is_busy,
	    a_channel_that_is_full_is_busy,
	    descriptors_arrive_with_their_orders_and_work,
	    an_order_without_a_descriptor_is_none,
	    a_descriptor_that_is_not_open_is_not_sent,
	    the_end_of_the_listener_is_told,
	    a_keyholder_that_takes_no_orders_is_not_waited_for,
	};

	return unit_run(&(struct unit){
	    "listener channel", tests, COUNT(tests), setup, teardown});
}
