/* When the spool tries again. */
#include "sender/keep/state.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "tests/unit/unit.h"

#define NOW 1795000000
#define FILE_NAME "0000000000000001-00000000000000000000000000000001"

static struct queue queue;
static struct outcome outcome;
static struct state state, own;
static char folder[] = "/tmp/chat-pace.XXXXXX";
static const char name[] = FILE_NAME STATE_BEHIND;

static void
setup(void)
{
	memcpy(folder + strlen(folder) - 6, "XXXXXX", 6);
	ck_assert_ptr_nonnull(mkdtemp(folder));
	queue = (struct queue){
	    open(folder, O_RDONLY | O_DIRECTORY), &medium_system};
	own = (struct state){.tries = 0};
}

static void
teardown(void)
{
	(void)unlinkat(queue.fd, name, 0);
	(void)unlinkat(queue.fd, STATE_OF_QUEUE, 0);
	ck_assert_int_eq(rmdir(folder), 0);
	queue_close(&queue);
}

/* An attempt ends like this at this time; reads the state of the queue. */
static void
fails(enum send_exit status, int64_t now)
{
	outcome.status = status;
	strcpy(outcome.reason, "a\nreason");
	state_note(&queue, FILE_NAME, &own, &outcome, now);
	state_read(queue.fd, NULL, &state);
}

static void
expect_pause(unsigned pause_s, int64_t now)
{
	ck_assert_uint_eq(state.pause_s, pause_s);
	ck_assert_int_ge(state.next, now + pause_s / 2);
	ck_assert_int_le(state.next, now + pause_s / 2 + pause_s);
}

START_TEST(pauses_grow_to_a_minute_and_then_to_ten)
{
	static const unsigned pauses[] = {5, 10, 20, 40, 60, 60, 60};
	int64_t now = NOW;

	for (size_t i = 0; i < COUNT(pauses); i++) {
		fails(SEND_TEMPORARY, now);
		expect_pause(pauses[i], now);
		now = state.next;
	}
	fails(SEND_UNKNOWN, NOW + 899);
	expect_pause(60, NOW + 899);
	fails(SEND_TEMPORARY, NOW + 900);
	expect_pause(600, NOW + 900);
	ck_assert(!state_is_due(&state, state.next - 1));
	ck_assert(state_is_due(&state, state.next));
	ck_assert(state.uncertain);
	ck_assert_str_eq(state.reason, "a reason");
}
END_TEST

START_TEST(what_a_person_has_to_mend_waits_longer)
{
	static const enum send_exit mended[] = {SEND_RECIPIENT, SEND_HOST,
	    SEND_DECLINED, SEND_AUTHENTICATION, SEND_DIRECTORY};

	for (size_t i = 0; i < COUNT(mended); i++) {
		fails(mended[i], NOW);
		expect_pause(600, NOW);
		ck_assert(state_needs_person(mended[i]));
	}
	ck_assert(!state_needs_person(SEND_TEMPORARY));
	ck_assert(!state_needs_person(SEND_UNKNOWN));
}
END_TEST

START_TEST(a_clock_that_jumped_does_not_stop_a_queue)
{
	fails(SEND_TEMPORARY, NOW);
	ck_assert(!state_is_due(&state, NOW));
	ck_assert(state_is_due(&state, NOW - 86400));
	ck_assert(state_is_due(&state, NOW + 86400));
	fails(SEND_TEMPORARY, NOW - 86400);
	expect_pause(10, NOW - 86400);
}
END_TEST

/* The queue goes on, and the message waits. */
START_TEST(a_failure_of_one_message_is_its_own)
{
	fails(SEND_IO, NOW);
	ck_assert_uint_eq(state.tries, 0);
	state_read(queue.fd, FILE_NAME, &state);
	ck_assert_uint_eq(state.tries, 1);
	expect_pause(5, NOW);
	fails(SEND_TEMPORARY, NOW);
	ck_assert_uint_eq(state.tries, 1);
	state_read(queue.fd, FILE_NAME, &state);
	ck_assert_uint_eq(state.tries, 2);
	ck_assert_int_eq(state.next, 0);
}
END_TEST

START_TEST(a_state_that_is_not_valid_is_none)
{
	static const char *const bad[] = {"", "1", "1 1 1 1 5 0 75 0\n",
	    "2 1 1 1 5 0 75 0\nr\n", "1 1 1 1 5 0 75 2\nr\n",
	    "1 1 1 1 601 0 75 0\nr\n", "1 1 1 1 5 0 75 0\nr",
	    "1 -1 1 1 5 0 75 0\nr\n", "1 1 1 1 5 0 75 0\nr\nmore\n"};

	for (size_t i = 0; i < COUNT(bad); i++) {
		int fd =
		    openat(queue.fd, name, O_WRONLY | O_CREAT | O_TRUNC, 0600);

		ck_assert_int_eq(
		    write(fd, bad[i], strlen(bad[i])), (ssize_t)strlen(bad[i]));
		ck_assert_int_eq(close(fd), 0);
		state.tries = 9;
		state_read(queue.fd, FILE_NAME, &state);
		ck_assert_uint_eq(state.tries, 0);
		ck_assert(state.uncertain);
	}
}
END_TEST

/* What is on the disk says no less than what is known. */
START_TEST(p31_an_attempt_makes_a_message_uncertain_until_it_is_noted)
{
	ck_assert_int_eq(state_write(&queue, FILE_NAME, &own, true), 0);
	state_read(queue.fd, FILE_NAME, &state);
	ck_assert(!state.uncertain);
	ck_assert_int_eq(state_begin(&queue, FILE_NAME, &own), 0);
	state_read(queue.fd, FILE_NAME, &state);
	ck_assert(state.uncertain);
	fails(SEND_TEMPORARY, NOW);
	state_read(queue.fd, FILE_NAME, &state);
	ck_assert(!state.uncertain);
	fails(SEND_UNKNOWN, NOW);
	fails(SEND_TEMPORARY, NOW);
	state_read(queue.fd, FILE_NAME, &state);
	ck_assert(state.uncertain);
	ck_assert_int_eq(state_begin(&queue, FILE_NAME, &own), 0);
	state_read(queue.fd, FILE_NAME, &state);
	ck_assert_uint_eq(state.tries, 3);
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = {pauses_grow_to_a_minute_and_then_to_ten,
	    what_a_person_has_to_mend_waits_longer,
	    a_clock_that_jumped_does_not_stop_a_queue,
	    a_failure_of_one_message_is_its_own,
	    a_state_that_is_not_valid_is_none,
	    p31_an_attempt_makes_a_message_uncertain_until_it_is_noted};
	const struct unit unit = {"pace", tests, COUNT(tests), setup, teardown};

	return unit_run(&unit);
}
