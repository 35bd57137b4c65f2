/* Penalties: what each end costs, when they bar a source, how they expire. */
#include "listener/admission.h"
#include "tests/unit/listener.h"

#define S 1000 /* ms */
#define DAY ((int64_t)24 * 3600 * S)
#define ENFORCED 15 /* seconds of penalty from which a source is barred */

static struct admission admission;
static struct source source;
static int64_t now_ms;

static void
setup(void)
{
	memset(&admission, 0, sizeof(admission));
	admission.most = 64;
	admission.per_source = 8;
	source = source_at("192.0.2.1");
	now_ms = 123456789;
}

static enum refusal
enter(void)
{
	return admission_enter(&admission, &source, now_ms);
}

static void leave(enum end_class class)
{
	admission_leave(&admission, &source, class, now_ms);
}

/* A session that ends like that, so many times. */
static void
offend(enum end_class class, int times)
{
	for (int i = 0; i < times; i++) {
		ck_assert_int_eq(enter(), REFUSAL_NONE);
		leave(class);
	}
}

/* Barred now, and for so many ms more, but not a ms longer. */
static void
expect_barred_for(int64_t ms)
{
	int64_t before = now_ms;

	ck_assert_int_eq(enter(), REFUSAL_PENALTY);
	now_ms = before + ms - 1;
	ck_assert_int_eq(enter(), REFUSAL_PENALTY);
	now_ms = before + ms;
	ck_assert_int_eq(enter(), REFUSAL_NONE);
	leave(END_EXCUSED);
}

/* What one end of a class costs: as many as reach what is enforced, and their
 * sum. */
static void
expect_cost(enum end_class class, int seconds)
{
	int times = (ENFORCED + seconds - 1) / seconds;

	setup();
	offend(class, times);
	expect_barred_for((int64_t)times * seconds * S);
}

START_TEST(a_crash_costs_90_seconds)
{
	expect_cost(END_CRASH, 90);
}
END_TEST

START_TEST(a_wrong_proof_costs_5_seconds)
{
	expect_cost(END_GUESS, 5);
}
END_TEST

START_TEST(a_deadline_costs_10_seconds)
{
	expect_cost(END_DEADLINE, 10);
}
END_TEST

START_TEST(any_failure_costs_1_second)
{
	expect_cost(END_FAILURE, 1);
}
END_TEST

START_TEST(what_is_excused_costs_nothing)
{
	offend(END_EXCUSED, 1000);
}
END_TEST

START_TEST(different_ends_add_up)
{
	offend(END_GUESS, 1);
	offend(END_DEADLINE, 1);
	expect_barred_for(15 * S);
}
END_TEST

START_TEST(less_than_15_seconds_bars_nobody)
{
	offend(END_GUESS, 2);
	offend(END_FAILURE, 4);
	ck_assert_int_eq(enter(), REFUSAL_NONE);
	leave(END_FAILURE);
	expect_barred_for(15 * S);
}
END_TEST

/* A penalty runs down while it is not enforced, too. */
START_TEST(time_pays_off_a_penalty)
{
	offend(END_DEADLINE, 1);
	now_ms += 6 * S;
	offend(END_DEADLINE, 1);
	ck_assert_int_eq(enter(), REFUSAL_NONE); /* 14 s */
	leave(END_FAILURE);
	expect_barred_for(15 * S);
}
END_TEST

/* Below 15 s again it stays enforced; what is over is over. */
START_TEST(once_barred_a_source_waits_for_all_of_it)
{
	offend(END_GUESS, 3);
	now_ms += 14 * S + 999;
	ck_assert_int_eq(enter(), REFUSAL_PENALTY);
	now_ms++;
	offend(END_GUESS, 2);
	now_ms++;
	ck_assert_int_eq(enter(), REFUSAL_NONE);
	leave(END_GUESS);
	ck_assert_int_eq(enter(), REFUSAL_NONE); /* 14.999 s */
}
END_TEST

START_TEST(expiry_while_a_session_runs_starts_anew)
{
	ck_assert_int_eq(enter(), REFUSAL_NONE);
	offend(END_CRASH, 1);
	ck_assert_int_eq(enter(), REFUSAL_PENALTY);
	now_ms += 100 * S;
	leave(END_GUESS);
	offend(END_GUESS, 1);
	ck_assert_int_eq(enter(), REFUSAL_NONE); /* 10 s */
	leave(END_GUESS);
	expect_barred_for(15 * S);
}
END_TEST

START_TEST(a_penalty_is_at_most_10_minutes)
{
	for (int i = 0; i < 8; i++)
		ck_assert_int_eq(enter(), REFUSAL_NONE);
	for (int i = 0; i < 8; i++)
		leave(END_CRASH);
	expect_barred_for(600 * S);
}
END_TEST

START_TEST(a_penalty_at_its_most_can_be_renewed)
{
	for (int i = 0; i < 8; i++)
		ck_assert_int_eq(enter(), REFUSAL_NONE);
	for (int i = 0; i < 7; i++)
		leave(END_CRASH);
	now_ms += 599 * S;
	leave(END_CRASH);
	expect_barred_for(91 * S);
}
END_TEST

/* A good end does not shorten it, nor does trying. */
START_TEST(only_time_ends_a_penalty)
{
	ck_assert_int_eq(enter(), REFUSAL_NONE);
	offend(END_GUESS, 3);
	leave(END_EXCUSED);
	for (int i = 0; i < 1000; i++)
		ck_assert_int_eq(enter(), REFUSAL_PENALTY);
	expect_barred_for(15 * S);
}
END_TEST

START_TEST(a_penalty_is_for_its_source_alone)
{
	offend(END_CRASH, 1);
	ck_assert_int_eq(enter(), REFUSAL_PENALTY);
	source = source_at("192.0.2.2");
	ck_assert_int_eq(enter(), REFUSAL_NONE);
	source = source_at("2001:db8::1");
	offend(END_CRASH, 1);
	ck_assert_int_eq(enter(), REFUSAL_PENALTY);
	source = source_at("2001:db8::2");
	ck_assert_int_eq(enter(), REFUSAL_PENALTY);
	source = source_at("2001:db8:0:1::1");
	ck_assert_int_eq(enter(), REFUSAL_NONE);
}
END_TEST

/* Wrong proofs in a day by a source that tries so many at once, all day. */
static int
guesses_in_a_day(unsigned at_once)
{
	const int64_t start = now_ms;
	int guesses = 0;

	for (; now_ms < start + DAY; now_ms += 100) {
		unsigned running = 0;

		while (running < at_once && enter() == REFUSAL_NONE)
			running++;
		guesses += (int)running;
		for (; running > 0; running--)
			leave(END_GUESS);
	}
	return guesses;
}

/* chat-listen(1) says 17,280 a day in the long run: a burst adds a few. */
START_TEST(guessing_is_bounded_by_its_penalty)
{
	for (unsigned at_once = 1; at_once <= admission.per_source; at_once++) {
		int guesses;

		setup();
		guesses = guesses_in_a_day(at_once);
		(void)printf(
		    "%d guesses in a day, %u at once\n", guesses, at_once);
		ck_assert_int_ge(guesses, 17280 - 20);
		ck_assert_int_le(guesses, 17300);
	}
	(void)fflush(stdout);
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = {
	    a_crash_costs_90_seconds,
	    a_wrong_proof_costs_5_seconds,
	    a_deadline_costs_10_seconds,
	    any_failure_costs_1_second,
	    what_is_excused_costs_nothing,
	    different_ends_add_up,
	    less_than_15_seconds_bars_nobody,
	    time_pays_off_a_penalty,
	    once_barred_a_source_waits_for_all_of_it,
	    expiry_while_a_session_runs_starts_anew,
	    a_penalty_is_at_most_10_minutes,
	    a_penalty_at_its_most_can_be_renewed,
	    only_time_ends_a_penalty,
	    a_penalty_is_for_its_source_alone,
	    guessing_is_bounded_by_its_penalty,
	};

	return unit_run(&(struct unit){
	    "listener penalty", tests, COUNT(tests), setup, NULL});
}
