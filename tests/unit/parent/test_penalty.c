/*
 * Penalties: the price of each end, when they bar a source, how they decrease.
 */
#include "tests/unit/admission.h"

#define DAY ((int64_t)24 * 3600 * S)
#define ENFORCED 15 /* seconds of penalty from which a source is barred */

static struct source source;
static struct caller callers[8];

static void
setup(void)
{
	open_admission(64, 8);
	source = source_at("192.0.2.1");
}

static enum refusal
enter(void)
{
	admission.spent = 0;
	return come(&callers[0], &source);
}

/* Returns what the source would be told now, without counting it. */
static enum refusal
ask(void)
{
	static struct admission before;
	enum refusal refusal;
	struct caller caller;

	before = admission;
	admission.spent = 0;
	refusal = come(&caller, &source);
	if (refusal == REFUSAL_NONE)
		go(&caller, SESSION_BUSY);
	admission = before;
	return refusal;
}

/* So many sessions end like this, each after so long. */
static void
offend(enum session_end end, int64_t held_ms, int times)
{
	for (int i = 0; i < times; i++) {
		ck_assert_int_eq(enter(), REFUSAL_NONE);
		now_ms += held_ms;
		go(&callers[0], end);
	}
}

/* Expects that the source is barred for exactly this long. */
static void
expect_barred_for(int64_t ms)
{
	int64_t before = now_ms;

	ck_assert_int_eq(ask(), REFUSAL_PENALTY);
	now_ms = before + ms - 1;
	ck_assert_int_eq(ask(), REFUSAL_PENALTY);
	now_ms = before + ms;
	ck_assert_int_eq(ask(), REFUSAL_NONE);
}

/* Expects this price: with enough such ends, the source is barred. */
static void
expect_cost(enum session_end end, int seconds)
{
	int times = (ENFORCED + seconds - 1) / seconds;

	setup();
	offend(end, 0, times);
	expect_barred_for((int64_t)times * seconds * S);
}

START_TEST(a_crash_costs_90_seconds)
{
	expect_cost(SESSION_ENDS, 90);
}
END_TEST

START_TEST(a_wrong_proof_costs_5_seconds)
{
	expect_cost(SESSION_UNAUTHENTIC, 5);
}
END_TEST

START_TEST(any_failure_costs_1_second)
{
	static const enum session_end ends[] = {SESSION_SILENT,
	    SESSION_MALFORMED, SESSION_VERSION, SESSION_LEFT, SESSION_DEADLINE,
	    SESSION_CLOCK, SESSION_BUSY};

	for (size_t i = 0; i < COUNT(ends); i++)
		expect_cost(ends[i], 1);
}
END_TEST

/* At its deadline or earlier. */
START_TEST(p36_a_place_held_without_a_proof_costs_its_time)
{
	struct caller other;

	ck_assert_int_eq(enter(), REFUSAL_NONE);
	ck_assert_int_eq(come(&other, &source), REFUSAL_NONE);
	now_ms += 9500;
	go(&callers[0], SESSION_LEFT);
	go(&other, SESSION_DEADLINE);
	expect_barred_for(2 * (1000 + 9500));
}
END_TEST

START_TEST(p36_a_place_held_with_a_proof_costs_nothing)
{
	for (int i = 0; i < 1000; i++) {
		ck_assert_int_eq(enter(), REFUSAL_NONE);
		prove(&callers[0]);
		now_ms += 60 * S;
		go(&callers[0], SESSION_DELIVERED);
	}
}
END_TEST

/* Only the keyholder's note counts, and only for this session. */
START_TEST(p36_how_a_session_ends_is_no_proof)
{
	for (int i = 0; i < 15; i++) {
		ck_assert_int_eq(enter(), REFUSAL_NONE);
		atomic_store(&callers[0].cell, callers[0].stay.number - 1);
		go(&callers[0], SESSION_DELIVERED);
	}
	ck_assert_int_eq(ask(), REFUSAL_PENALTY);
}
END_TEST

START_TEST(p36_refused_tries_make_a_bar_longer_but_bar_nobody)
{
	struct caller late;

	for (size_t i = 0; i < COUNT(callers); i++)
		ck_assert_int_eq(come(&callers[i], &source), REFUSAL_NONE);
	for (int i = 0; i < 1000; i++)
		ck_assert_int_eq(come(&late, &source), REFUSAL_SOURCE);
	for (size_t i = 0; i < COUNT(callers); i++) {
		prove(&callers[i]);
		go(&callers[i], SESSION_DELIVERED);
	}
	ck_assert_int_eq(ask(), REFUSAL_NONE);

	setup();
	offend(SESSION_UNAUTHENTIC, 0, 3);
	for (int i = 0; i < 10; i++)
		ck_assert_int_eq(enter(), REFUSAL_PENALTY);
	expect_barred_for(17 * S);
}
END_TEST

START_TEST(different_ends_add_up)
{
	offend(SESSION_UNAUTHENTIC, 0, 2);
	offend(SESSION_MALFORMED, 0, 5);
	expect_barred_for(15 * S);
}
END_TEST

START_TEST(less_than_15_seconds_bars_nobody)
{
	offend(SESSION_UNAUTHENTIC, 0, 2);
	offend(SESSION_MALFORMED, 0, 4);
	ck_assert_int_eq(ask(), REFUSAL_NONE);
}
END_TEST

/* A barred source stays barred below 15 s, until the penalty is zero. */
START_TEST(once_barred_a_source_waits_for_all_of_it)
{
	offend(SESSION_UNAUTHENTIC, 0, 3);
	now_ms += 14 * S + 999;
	ck_assert_int_eq(ask(), REFUSAL_PENALTY);
	now_ms++;
	offend(SESSION_UNAUTHENTIC, 0, 2);
	ck_assert_int_eq(ask(), REFUSAL_NONE);
}
END_TEST

START_TEST(a_penalty_is_at_most_10_minutes)
{
	for (size_t i = 0; i < COUNT(callers); i++)
		ck_assert_int_eq(come(&callers[i], &source), REFUSAL_NONE);
	for (size_t i = 0; i < COUNT(callers); i++)
		go(&callers[i], SESSION_ENDS);
	for (int i = 0; i < 10; i++)
		ck_assert_int_eq(enter(), REFUSAL_PENALTY);
	expect_barred_for(600 * S);
}
END_TEST

/* A good end does not reduce a penalty. */
START_TEST(only_time_ends_a_penalty)
{
	ck_assert_int_eq(come(&callers[1], &source), REFUSAL_NONE);
	prove(&callers[1]);
	offend(SESSION_UNAUTHENTIC, 0, 3);
	go(&callers[1], SESSION_DELIVERED);
	expect_barred_for(15 * S);
}
END_TEST

START_TEST(a_penalty_is_for_its_source_alone)
{
	offend(SESSION_ENDS, 0, 1);
	ck_assert_int_eq(ask(), REFUSAL_PENALTY);
	source = source_at("192.0.2.2");
	ck_assert_int_eq(ask(), REFUSAL_NONE);
}
END_TEST

/* A network is barred at twice or four times the penalty of an address. */
START_TEST(p36_a_penalty_is_for_networks_of_ipv6_too)
{
	source = source_at("2001:db8::1");
	offend(SESSION_UNAUTHENTIC, 0, 3);
	source = source_at("2001:db8::2");
	ck_assert_int_eq(ask(), REFUSAL_PENALTY);
	source = source_at("2001:db8:0:1::1");
	ck_assert_int_eq(ask(), REFUSAL_NONE);
	offend(SESSION_UNAUTHENTIC, 0, 3);
	source = source_at("2001:db8:0:2::1");
	ck_assert_int_eq(ask(), REFUSAL_PENALTY);
	source = source_at("2001:db8:0:100::1");
	ck_assert_int_eq(ask(), REFUSAL_NONE);
	offend(SESSION_UNAUTHENTIC, 0, 3);
	source = source_at("2001:db8:0:200::1");
	offend(SESSION_UNAUTHENTIC, 0, 3);
	source = source_at("2001:db8:0:300::1");
	ck_assert_int_eq(ask(), REFUSAL_PENALTY);
	source = source_at("2001:db8:1::1");
	ck_assert_int_eq(ask(), REFUSAL_NONE);
}
END_TEST

/* Returns when the source may try again. */
static int64_t
free_at(void)
{
	for (size_t row = 0; row < TRACK_ROWS; row++)
		for (size_t way = 0; way < TRACK_WAYS; way++)
			if (admission.tracks.list[row][way].bits != 0)
				return admission.tracks.list[row][way].barred
				    ? admission.tracks.list[row][way].until
				    : now_ms;
	return now_ms;
}

/* Counts wrong proofs in a day by a source that tries so many at once. */
static int
guesses_in_a_day(unsigned at_once)
{
	const int64_t start = now_ms;
	int guesses = 0;

	for (; now_ms < start + DAY; now_ms += 100) {
		unsigned running = 0;

		if (free_at() > now_ms) /* refused tries would prolong it */
			now_ms = free_at();
		admission.spent = 0;
		while (running < at_once &&
		    come(&callers[running], &source) == REFUSAL_NONE)
			running++;
		guesses += (int)running;
		while (running > 0)
			go(&callers[--running], SESSION_UNAUTHENTIC);
	}
	return guesses;
}

/* chat-listen(1): 17,280 a day in the long run, and a few more in a burst. */
START_TEST(guessing_is_bounded_by_its_penalty)
{
	for (unsigned at_once = 1; at_once <= 8; at_once += 7) {
		int guesses;

		setup();
		guesses = guesses_in_a_day(at_once);
		ck_assert_int_le(guesses, 17300);
		ck_assert_int_ge(guesses, 17280 - 100);
	}
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = {
	    a_crash_costs_90_seconds,
	    a_wrong_proof_costs_5_seconds,
	    any_failure_costs_1_second,
	    p36_a_place_held_without_a_proof_costs_its_time,
	    p36_a_place_held_with_a_proof_costs_nothing,
	    p36_how_a_session_ends_is_no_proof,
	    p36_refused_tries_make_a_bar_longer_but_bar_nobody,
	    different_ends_add_up,
	    less_than_15_seconds_bars_nobody,
	    once_barred_a_source_waits_for_all_of_it,
	    a_penalty_is_at_most_10_minutes,
	    only_time_ends_a_penalty,
	    a_penalty_is_for_its_source_alone,
	    p36_a_penalty_is_for_networks_of_ipv6_too,
	    guessing_is_bounded_by_its_penalty,
	};

	return unit_run(&(struct unit){
	    "listener penalty", tests, COUNT(tests), setup, NULL});
}
