/* What a session learns if a role does not answer. */
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/base/clock.h"
#include "common/base/error.h"
#include "listener/link/session_recorder.h"
#include "listener/link/session_runner.h"
#include "tests/unit/unit.h"

#define SOON_MS 50

static const struct message message = {.len = 1, .text = "x"};
static const struct source source;
static const uint8_t ticket[SIZE_HASH];
static int channel, role;

static void
setup(void)
{
	int ends[2];

	ck_assert_int_eq(
	    socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK, 0, ends), 0);
	channel = ends[0];
	role = ends[1];
	ck_assert(signal(SIGPIPE, SIG_IGN) != SIG_ERR);
}

static int
ask_recorder(void)
{
	enum recorder_result result;
	struct receipt receipt;

	return recorder_ask(channel, RECORDER_APPEND, &message, &source, ticket,
	    clock_now_ms() + SOON_MS, &result, &receipt);
}

static int
ask_runner(void)
{
	enum runner_result result;

	return runner_ask(channel, &message, &source, ticket,
	    clock_now_ms() + SOON_MS, &result);
}

START_TEST(p29_a_role_that_has_gone_was_not_asked)
{
	ck_assert_int_eq(close(role), 0);
	ck_assert_int_eq(ask_recorder(), CHAT_EBUSY);
	ck_assert_int_eq(ask_runner(), CHAT_EBUSY);
}
END_TEST

START_TEST(p29_a_recorder_that_is_silent_may_have_recorded)
{
	ck_assert_int_eq(ask_recorder(), CHAT_EUNCONFIRMED);
}
END_TEST

/* Ends as a role that dies after it got a request. */
static void
die_asked(void)
{
	ck_assert_int_eq(shutdown(role, SHUT_WR), 0);
}

START_TEST(p29_a_role_that_dies_may_have_done_it)
{
	die_asked();
	ck_assert_int_eq(ask_recorder(), CHAT_EUNCONFIRMED);
	ck_assert_int_eq(ask_runner(), CHAT_EUNCONFIRMED);
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = {
	    p29_a_role_that_has_gone_was_not_asked,
	    p29_a_recorder_that_is_silent_may_have_recorded,
	    p29_a_role_that_dies_may_have_done_it,
	};

	return unit_run(
	    &(struct unit){"asking", tests, COUNT(tests), setup, NULL});
}
