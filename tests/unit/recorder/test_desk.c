/* The desk: who may have what recorded, in which order, and how often. */
#include "listener/recorder/desk.h"

#include <signal.h>
#include <sys/socket.h>

#include "tests/unit/ledger.h"
#include "tests/unit/vouched.h"

#define CLIENTS 5
#define CLOSED (-1) /* instead of a result */

static struct desk desk;
static struct client *clients; /* all of the desk's */
/* Our ends, and the clients, by the number of their session. */
static int ends[CLIENTS];
static struct client *by_number[CLIENTS];
static int failures; /* of syncs to come */

static int
failing_sync(int fd)
{
	(void)fd;
	errno = EIO;
	return failures > 0 && failures-- > 0 ? -1 : 0;
}

static const struct disk failing = {pwrite, failing_sync, ftruncate};

static void
come(size_t number)
{
	int pair[2];

	ck_assert_int_eq(
	    socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK, 0, pair), 0);
	ends[number] = pair[0];
	by_number[number] = desk_admit(&desk, number, pair[1]);
	ck_assert_ptr_nonnull(by_number[number]);
}

static void
setup(void)
{
	struct reading_fault fault;
	struct reading reading;

	(void)signal(SIGPIPE, SIG_IGN);
	failures = 0;
	log_setup();
	ck_assert_int_eq(
	    log_open_after(LOG_NAME, NULL, 0, &failing, &reading, &fault), 0);
	desk.suite = &log_suite;
	desk.memory = log_memory;
	desk.ledger = ledger;
	ck_assert_int_eq(desk_open(&desk, CLIENTS), 0);
	clients = TAILQ_FIRST(&desk.free);
	desk.left = ULONG_MAX;
	memcpy(desk.ticket_key, vouched_key, SIZE_HASH);
	for (size_t i = 0; i < CLIENTS; i++)
		come(i);
}

static void
teardown(void)
{
	free(clients);
	ledger_close(&desk.ledger);
	log_teardown();
}

static void
put(size_t number, const struct recorder_ask *ask, const char *text)
{
	char bytes[sizeof(*ask) + 64];
	size_t len = sizeof(*ask) + strlen(text);

	memcpy(bytes, ask, sizeof(*ask));
	memcpy(bytes + sizeof(*ask), text, strlen(text));
	ck_assert_int_eq(send(ends[number], bytes, len, 0), (ssize_t)len);
}

static void
ask_for(
    size_t number, enum recorder_request request, uint8_t id, const char *text)
{
	struct recorder_ask ask = vouched_ask(number, request, id);

	put(number, &ask, text);
	desk_serve(&desk, by_number[number]);
}

/* The reply that session `number` gets, 0 for none yet, or CLOSED. */
static int
reply_to(size_t number, uint64_t *seq)
{
	struct recorder_reply reply;
	ssize_t n = read(ends[number], &reply, sizeof(reply));

	if (n == -1)
		return errno == EAGAIN ? 0 : CLOSED;
	if (n != (ssize_t)sizeof(reply))
		return CLOSED;
	memcpy(seq, reply.seq, sizeof(*seq));
	return reply.result;
}

static void
expect(size_t number, int result)
{
	uint64_t seq;

	ck_assert_int_eq(reply_to(number, &seq), result);
}

static void
expect_seq(size_t number, int result, uint64_t expected)
{
	uint64_t seq;

	ck_assert_int_eq(reply_to(number, &seq), result);
	ck_assert_uint_eq(seq, expected);
}

static void
commit(int error, unsigned long expected)
{
	unsigned long recorded;

	ck_assert_int_eq(desk_commit(&desk, &recorded), error);
	ck_assert_uint_eq(recorded, expected);
}

/* The session ends before the desk has read what it sent. */
static void
die(size_t number)
{
	(void)close(ends[number]);
}

START_TEST(p29_the_reply_comes_after_the_commit)
{
	ask_for(0, RECORDER_APPEND, 1, "one");
	ask_for(1, RECORDER_APPEND, 2, "two");
	expect(0, 0);
	expect(1, 0);
	commit(0, 2);
	expect_seq(0, RECORDER_RECORDED, 1);
	expect_seq(1, RECORDER_RECORDED, 2);
}
END_TEST

START_TEST(p29_what_is_not_on_the_disk_is_not_recorded)
{
	ask_for(0, RECORDER_APPEND, 1, "one");
	failures = 1;
	commit(CHAT_EIO, 0);
	expect_seq(0, RECORDER_FAILED, 0);
}
END_TEST

/* The next start may find the line on the disk. */
START_TEST(p29_nothing_is_said_of_what_may_be_on_the_disk)
{
	ask_for(0, RECORDER_APPEND, 1, "one");
	failures = 2; /* the second when the line is removed */
	commit(CHAT_EIO, 0);
	ck_assert(desk.ledger.dead);
	expect(0, 0);
}
END_TEST

START_TEST(p29_an_id_is_recorded_once)
{
	ask_for(0, RECORDER_APPEND, 1, "one");
	ask_for(1, RECORDER_APPEND, 1, "one");
	expect_seq(1, RECORDER_LATER, 0);
	commit(0, 1);
	ask_for(2, RECORDER_APPEND, 1, "one");
	expect_seq(2, RECORDER_KNOWN, 1);
	ask_for(3, RECORDER_HOLD, 1, "two");
	expect_seq(3, RECORDER_TAKEN, 0);
	commit(0, 0);
}
END_TEST

START_TEST(p29_a_held_id_is_nobody_elses)
{
	ask_for(0, RECORDER_HOLD, 1, "one");
	expect(0, RECORDER_HELD);
	ask_for(1, RECORDER_HOLD, 1, "one");
	expect(1, RECORDER_LATER);
	ask_for(2, RECORDER_APPEND, 1, "one");
	expect(2, RECORDER_LATER);
	ask_for(3, RECORDER_APPEND, 2, "two");
	ask_for(0, RECORDER_APPEND, 1, "one");
	commit(0, 2);
	expect_seq(3, RECORDER_RECORDED, 1);
	expect_seq(0, RECORDER_RECORDED, 2);
	ck_assert_uint_eq(desk.holding, 0);
}
END_TEST

START_TEST(a_hold_ends_with_its_session)
{
	ask_for(0, RECORDER_HOLD, 1, "one");
	expect(0, RECORDER_HELD);
	die(0);
	desk_serve(&desk, by_number[0]);
	ck_assert_uint_eq(desk.holding, 0);
	ask_for(1, RECORDER_HOLD, 1, "one");
	expect(1, RECORDER_HELD);
}
END_TEST

/* With -c 1, such a hold must not keep the place of the last message. */
START_TEST(p29_a_session_that_dies_before_it_is_told_holds_nothing)
{
	struct recorder_ask ask = vouched_ask(0, RECORDER_HOLD, 1);

	desk.left = 1;
	put(0, &ask, "one");
	die(0);
	desk_serve(&desk, by_number[0]);
	ck_assert_uint_eq(desk.holding, 0);
	desk_serve(&desk, by_number[0]);
	ck_assert_uint_eq(desk.holding, 0);
	ask_for(1, RECORDER_HOLD, 1, "one");
	expect(1, RECORDER_HELD);
}
END_TEST

START_TEST(p29_a_line_stays_when_its_session_leaves)
{
	ask_for(0, RECORDER_APPEND, 1, "one");
	die(0);
	desk_leave(&desk, by_number[0]);
	come(0); /* another one gets the place */
	commit(0, 1);
	expect(0, 0);
	ask_for(1, RECORDER_APPEND, 1, "one");
	expect_seq(1, RECORDER_KNOWN, 1);
}
END_TEST

START_TEST(never_more_than_the_count)
{
	desk.left = 2;
	ask_for(0, RECORDER_HOLD, 1, "one");
	ask_for(1, RECORDER_APPEND, 2, "two");
	ask_for(2, RECORDER_APPEND, 3, "three");
	expect(0, RECORDER_HELD);
	expect(2, RECORDER_LATER);
	commit(0, 1);
	ask_for(3, RECORDER_APPEND, 4, "four");
	expect(3, RECORDER_LATER);
	ask_for(0, RECORDER_APPEND, 1, "one");
	commit(0, 1);
	expect_seq(0, RECORDER_RECORDED, 2);
	ck_assert_uint_eq(desk.left, 0);
}
END_TEST

START_TEST(what_failed_does_not_count)
{
	desk.left = 1;
	ask_for(0, RECORDER_APPEND, 1, "one");
	desk_fail(&desk);
	expect(0, RECORDER_FAILED);
	ask_for(1, RECORDER_APPEND, 1, "one");
	commit(0, 1);
	expect_seq(1, RECORDER_RECORDED, 1);
}
END_TEST

/* Whoever has appended is done, whatever came of it. */
START_TEST(p30_a_session_has_one_message)
{
	ask_for(0, RECORDER_APPEND, 1, "one");
	ask_for(0, RECORDER_APPEND, 1, "two");
	ask_for(1, RECORDER_APPEND, 2, "two");
	commit(0, 2);
	expect(0, CLOSED);
	expect(1, RECORDER_RECORDED);
	expect(1, CLOSED);
}
END_TEST

START_TEST(p30_what_is_held_is_what_is_appended)
{
	ask_for(0, RECORDER_HOLD, 1, "one");
	expect(0, RECORDER_HELD);
	ask_for(0, RECORDER_APPEND, 1, "two");
	expect(0, CLOSED);
	ask_for(1, RECORDER_HOLD, 1, "one");
	expect(1, RECORDER_HELD);
	ask_for(1, RECORDER_HOLD, 1, "one");
	expect(1, CLOSED);
	ck_assert_uint_eq(desk.holding, 0);
	commit(0, 0);
}
END_TEST

START_TEST(p30_a_ticket_is_for_its_session_and_its_message)
{
	struct recorder_ask ask = vouched_ask(1, RECORDER_APPEND, 1);

	put(0, &ask, "one");
	desk_serve(&desk, by_number[0]);
	expect(0, CLOSED);
	ask.submission.id[0]++;
	put(1, &ask, "one");
	desk_serve(&desk, by_number[1]);
	expect(1, CLOSED);
	ask = vouched_ask(2, RECORDER_APPEND, 1);
	ask.submission.listed = 0;
	put(2, &ask, "one");
	desk_serve(&desk, by_number[2]);
	expect(2, CLOSED);
	commit(0, 0);
}
END_TEST

START_TEST(what_is_no_request_ends_the_session)
{
	struct recorder_ask ask = vouched_ask(0, RECORDER_APPEND, 1);

	put(0, &ask, "");
	desk_serve(&desk, by_number[0]);
	expect(0, CLOSED);
	ask_for(1, (enum recorder_request)0, 1, "one");
	expect(1, CLOSED);
	ask_for(2, (enum recorder_request)3, 1, "one");
	expect(2, CLOSED);
	ck_assert_int_eq(send(ends[3], &ask, 10, 0), 10);
	desk_serve(&desk, by_number[3]);
	expect(3, CLOSED);
	commit(0, 0);
}
END_TEST

START_TEST(there_is_a_place_for_each_and_no_more)
{
	ck_assert_ptr_null(desk_admit(&desk, CLIENTS, -1));
	desk_leave(&desk, by_number[2]);
	come(2);
	ask_for(2, RECORDER_APPEND, 1, "one");
	commit(0, 1);
	expect(2, RECORDER_RECORDED);
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = {
	    p29_the_reply_comes_after_the_commit,
	    p29_what_is_not_on_the_disk_is_not_recorded,
	    p29_nothing_is_said_of_what_may_be_on_the_disk,
	    p29_an_id_is_recorded_once,
	    p29_a_held_id_is_nobody_elses,
	    a_hold_ends_with_its_session,
	    p29_a_session_that_dies_before_it_is_told_holds_nothing,
	    p29_a_line_stays_when_its_session_leaves,
	    never_more_than_the_count,
	    what_failed_does_not_count,
	    p30_a_session_has_one_message,
	    p30_what_is_held_is_what_is_appended,
	    p30_a_ticket_is_for_its_session_and_its_message,
	    what_is_no_request_ends_the_session,
	    there_is_a_place_for_each_and_no_more,
	};

	return unit_run(&(struct unit){
	    "recorder desk", tests, COUNT(tests), setup, teardown});
}
