/* Whether and when a message is tried again. */
#include "sender/retry.h"

#include "tests/unit/unit.h"

#define NOW_MS 1000000
#define RETRY_MS 60000

static const struct report_style style;
static struct delivery delivery;
static struct dispatch jobs;
static struct job *job = &jobs.jobs[0];

/* A message with -r 60 that has just started. */
static void
setup(void)
{
	memset(&delivery, 0, sizeof(delivery));
	memset(&jobs, 0, sizeof(jobs));
	jobs.count = 1;
	jobs.style = &style;
	job->delivery = &delivery;
	job->pause_ms = FIRST_PAUSE_MS;
	job->give_up_ms = NOW_MS + RETRY_MS;
}

/* An attempt ends like this at this time. Returns whether there is another. */
static bool
ends(enum send_exit status, unsigned proven, int64_t now_ms)
{
	job->outcome.status = status;
	job->outcome.proven = proven;
	(void)strlcpy(
	    job->outcome.reason, "a reason", sizeof(job->outcome.reason));
	return retry_plan(&jobs, job, now_ms);
}

START_TEST(what_is_over_is_not_tried_again)
{
	static const enum send_exit over[] = {
	    SEND_OK, SEND_IO, SEND_INTERNAL, SEND_HOST};

	for (size_t i = 0; i < COUNT(over); i++) {
		ck_assert(!ends(over[i], 1, NOW_MS));
		ck_assert_int_eq(job->outcome.status, over[i]);
	}
}
END_TEST

START_TEST(p09_only_a_proven_answer_ends_it)
{
	static const enum send_exit answers[] = {
	    SEND_DECLINED, SEND_PROTOCOL, SEND_AUTHENTICATION};

	for (size_t i = 0; i < COUNT(answers); i++) {
		ck_assert(!ends(answers[i], 1, NOW_MS));
		ck_assert(ends(answers[i], 0, NOW_MS));
		/* slowly, because it may be in vain */
		ck_assert_int_ge(job->next_ms, NOW_MS + LONGEST_PAUSE_MS / 2);
	}
}
END_TEST

START_TEST(pauses_grow_up_to_a_limit)
{
	for (int pause = FIRST_PAUSE_MS; pause < LONGEST_PAUSE_MS; pause *= 2) {
		ck_assert_int_eq(job->pause_ms, pause);
		ck_assert(ends(SEND_TEMPORARY, 0, NOW_MS));
		ck_assert_int_ge(job->next_ms, NOW_MS + pause / 2);
		ck_assert_int_le(job->next_ms, NOW_MS + pause / 2 * 3);
	}
	ck_assert_int_eq(job->pause_ms, LONGEST_PAUSE_MS);
	ck_assert(ends(SEND_TEMPORARY, 0, NOW_MS));
	ck_assert_int_eq(job->pause_ms, LONGEST_PAUSE_MS);
}
END_TEST

START_TEST(the_last_attempt_is_at_the_end_of_its_time)
{
	ck_assert(ends(SEND_TEMPORARY, 0, job->give_up_ms - 1));
	ck_assert_int_eq(job->next_ms, job->give_up_ms);
	ck_assert(!ends(SEND_TEMPORARY, 0, job->give_up_ms));
}
END_TEST

START_TEST(p21_what_is_unknown_once_stays_unknown)
{
	ck_assert(ends(SEND_UNKNOWN, 0, NOW_MS));
	ck_assert(!ends(SEND_TEMPORARY, 0, job->give_up_ms));
	ck_assert_int_eq(job->outcome.status, SEND_UNKNOWN);
	ck_assert_str_eq(job->outcome.reason,
	    "sent without a valid receipt, and then: a reason");
}
END_TEST

START_TEST(only_success_settles_what_is_unknown)
{
	ck_assert(ends(SEND_UNKNOWN, 0, NOW_MS));
	ck_assert(!ends(SEND_OK, 1, NOW_MS));
	ck_assert_int_eq(job->outcome.status, SEND_OK);
}
END_TEST

START_TEST(p27_an_id_that_is_taken_is_drawn_again)
{
	const uint8_t none[SIZE_ID] = {0};

	job->outcome.id_taken = 1;
	ck_assert(ends(SEND_TEMPORARY, 1, NOW_MS));
	ck_assert_mem_ne(delivery.drawn, none, SIZE_ID);
	memset(delivery.drawn, 0, SIZE_ID);
	delivery.id_given = true;
	(void)ends(SEND_DECLINED, 1, NOW_MS);
	ck_assert_mem_eq(delivery.drawn, none, SIZE_ID);
}
END_TEST

START_TEST(a_wrong_clock_may_be_set)
{
	job->outcome.of_clock = 1;
	ck_assert(ends(SEND_DECLINED, 1, NOW_MS));
	ck_assert_int_ge(job->next_ms, NOW_MS + LONGEST_PAUSE_MS / 2);
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = {
	    what_is_over_is_not_tried_again,
	    p09_only_a_proven_answer_ends_it,
	    pauses_grow_up_to_a_limit,
	    the_last_attempt_is_at_the_end_of_its_time,
	    p21_what_is_unknown_once_stays_unknown,
	    only_success_settles_what_is_unknown,
	    p27_an_id_that_is_taken_is_drawn_again,
	    a_wrong_clock_may_be_set,
	};

	return unit_run(
	    &(struct unit){"sender retry", tests, COUNT(tests), setup, NULL});
}
