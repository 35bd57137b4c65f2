/* Sessions without a proof: which claim is better, and who has to make room. */
#include "tests/unit/admission.h"

static struct caller callers[64];

static void
setup(void)
{
	open_admission(64, 8);
}

/* Fills all 48 places of the crowd from so many addresses. */
static void
crowd(unsigned addresses)
{
	for (unsigned i = 0; i < 48; i++) {
		char text[32];

		(void)snprintf(
		    text, sizeof(text), "127.0.16.%u", i % addresses);
		ck_assert_int_eq(come_from(&callers[i], text), REFUSAL_NONE);
		now_ms += 100; /* so that the budget allows it */
	}
}

START_TEST(p36_a_new_source_gets_the_place_of_the_worst_claim)
{
	struct caller friend;

	crowd(6);
	ck_assert_int_eq(come_from(&friend, "192.0.2.1"), REFUSAL_NONE);
	ck_assert_ptr_nonnull(evicted);
	ck_assert_uint_eq(admission.sessions, 48);
	ck_assert_int_eq(evicted->state, STAY_NONE);
}
END_TEST

/*
 * A source with eight sessions loses them first, if the others have one each.
 */
START_TEST(p36_the_heaviest_source_makes_room)
{
	struct caller friend;

	for (uint32_t n = 0; n < 40; n++) {
		struct source source = source_number(n);

		ck_assert_int_eq(come(&callers[n], &source), REFUSAL_NONE);
	}
	admission.spent = 0;
	for (size_t i = 40; i < 48; i++)
		ck_assert_int_eq(
		    come_from(&callers[i], "127.0.16.1"), REFUSAL_NONE);
	now_ms += 1500;
	ck_assert_int_eq(come_from(&friend, "192.0.2.1"), REFUSAL_NONE);
	ck_assert_ptr_eq(evicted, &callers[40].stay);
}
END_TEST

/* Sources with a worse claim cannot evict it, and all have one. */
START_TEST(p36_who_got_such_a_place_keeps_it)
{
	struct caller friend, late;

	crowd(6);
	ck_assert_int_eq(come_from(&friend, "192.0.2.1"), REFUSAL_NONE);
	for (unsigned i = 0; i < 6; i++) {
		char text[32];

		(void)snprintf(text, sizeof(text), "127.0.16.%u", i);
		ck_assert_int_ne(come_from(&late, text), REFUSAL_NONE);
	}
	ck_assert_int_ne(friend.stay.state, STAY_NONE);
}
END_TEST

START_TEST(p36_an_equal_claim_evicts_nobody)
{
	struct caller late;

	for (unsigned i = 0; i < 48; i++) {
		struct source source = source_number(i);

		ck_assert_int_eq(come(&callers[i], &source), REFUSAL_NONE);
	}
	admission.spent = 0;
	ck_assert_int_eq(come_from(&late, "192.0.2.1"), REFUSAL_FULL);
	now_ms += 999;
	ck_assert_int_eq(come_from(&late, "192.0.2.2"), REFUSAL_FULL);
	now_ms += 1;
	ck_assert_int_eq(come_from(&late, "192.0.2.3"), REFUSAL_NONE);
}
END_TEST

START_TEST(p36_a_proof_saves_from_eviction)
{
	struct caller friend;

	crowd(6);
	for (unsigned i = 0; i < 48; i++)
		prove(&callers[i]);
	ck_assert_int_eq(come_from(&friend, "192.0.2.1"), REFUSAL_NONE);
	ck_assert_ptr_null(evicted);
	ck_assert_uint_eq(admission.sessions, 49);
}
END_TEST

START_TEST(p36_whoever_is_evicted_pays_for_it)
{
	struct caller late;

	admission.per_source = 48;
	crowd(1);
	now_ms += 15 * S;
	ck_assert_int_eq(come_from(&late, "192.0.2.1"), REFUSAL_NONE);
	ck_assert_ptr_nonnull(evicted);
	ck_assert_int_eq(come_from(&late, "127.0.16.0"), REFUSAL_PENALTY);
}
END_TEST

/* Whoever made room for a better claim did not fail, and is not told so. */
START_TEST(whoever_is_evicted_is_not_told_of_failures)
{
	struct caller late;

	exempt("198.51.100.1");
	ck_assert_int_eq(come_from(&callers[0], "192.0.2.1"), REFUSAL_NONE);
	now_ms += 5 * S;
	for (size_t i = 1; i < 64; i++)
		ck_assert_int_eq(
		    come_from(&callers[i], "198.51.100.1"), REFUSAL_NONE);
	ck_assert_int_eq(come_from(&late, "198.51.100.1"), REFUSAL_NONE);
	ck_assert_ptr_eq(evicted, &callers[0].stay);
	go(&callers[1], SESSION_LEFT);
	admission.spent = now_ms + S;
	ck_assert_int_eq(come_from(&late, "192.0.2.1"), REFUSAL_RUSH);
}
END_TEST

/* When an evicted session ends, it is not counted out again. */
START_TEST(an_evicted_session_is_counted_out_once)
{
	struct caller friend;

	crowd(6);
	ck_assert_int_eq(come_from(&friend, "192.0.2.1"), REFUSAL_NONE);
	admission_leave(&admission, evicted, SESSION_ENDS, now_ms);
	ck_assert_uint_eq(admission.sessions, 48);
	for (unsigned i = 0; i < 48; i++)
		go(&callers[i], SESSION_LEFT);
	go(&friend, SESSION_LEFT);
	ck_assert_uint_eq(admission.sessions, 0);
	ck_assert_uint_eq(admission.crowded, 0);
	for (size_t row = 0; row < TRACK_ROWS; row++)
		for (size_t way = 0; way < TRACK_WAYS; way++) {
			const struct track *track =
			    &admission.tracks.list[row][way];

			must(track->sessions == 0 && track->waiting == 0 &&
				track->since == 0,
			    "a session is left over");
		}
}
END_TEST

/* Every session costs a process, even if nothing comes of it. */
START_TEST(p36_sessions_that_come_to_nothing_have_a_rate)
{
	unsigned begun = 0;
	uint32_t n = 0;

	for (int64_t end = now_ms + 100 * S; now_ms < end; now_ms += 10) {
		struct source source = source_number(n++);

		if (come(&callers[0], &source) == REFUSAL_NONE) {
			begun++;
			go(&callers[0], SESSION_LEFT);
		}
	}
	ck_assert_uint_ge(begun, 64 + 15 * 100);
	ck_assert_uint_le(begun, 65 + 16 * 100);
}
END_TEST

START_TEST(sessions_with_a_proof_have_no_rate)
{
	for (uint32_t n = 0; n < 10000; n++) {
		struct source source = source_number(n);

		must(come(&callers[0], &source) == REFUSAL_NONE,
		    "number %u was refused", n);
		prove(&callers[0]);
		go(&callers[0], SESSION_DELIVERED);
	}
}
END_TEST

/* Sources that come again and again leave room for a new one. */
START_TEST(p36_a_rush_leaves_something_for_who_is_new)
{
	struct caller late;

	for (int round = 0; round < 100; round++) {
		for (uint32_t n = 0; n < 64; n++) {
			struct source source = source_number(n);

			if (come(&late, &source) == REFUSAL_NONE)
				go(&late, SESSION_LEFT);
		}
		now_ms += 40;
	}
	ck_assert_int_eq(come_from(&late, "192.0.2.1"), REFUSAL_NONE);
}
END_TEST

/* Those who guess, and come again only when they have paid for it. */
START_TEST(p36_a_patient_rush_leaves_something_for_who_is_new)
{
	unsigned turned_away = 0;
	struct caller late;

	for (uint32_t n = 0; n < 3000; n++) {
		struct source mob = source_number(n % 256);
		struct source new = source_number(256 + n);

		if (come(&late, &mob) == REFUSAL_NONE)
			go(&late, SESSION_UNAUTHENTIC);
		now_ms += 20;
		if (n < 1000 || n % 50 != 0)
			continue;
		if (come(&late, &new) == REFUSAL_NONE)
			go(&late, SESSION_LEFT);
		else
			turned_away++;
	}
	ck_assert_uint_eq(turned_away, 0);
}
END_TEST

/* In ten minutes all is forgiven. */
START_TEST(p36_a_session_in_vain_counts_for_ten_minutes)
{
	struct caller late;

	ck_assert_int_eq(come_from(&late, "192.0.2.1"), REFUSAL_NONE);
	go(&late, SESSION_LEFT);
	now_ms += 600 * S - 1;
	admission.spent = now_ms + 3 * S;
	ck_assert_int_eq(come_from(&late, "192.0.2.1"), REFUSAL_RUSH);
	now_ms += S;
	admission.spent = now_ms + 3 * S;
	ck_assert_int_eq(come_from(&late, "192.0.2.1"), REFUSAL_NONE);
}
END_TEST

/* When the budget is used up, only sources that failed are told to wait. */
START_TEST(only_whoever_failed_is_told_to_wait)
{
	struct caller late;

	while (come_from(&late, "192.0.2.1") == REFUSAL_NONE)
		go(&late, SESSION_LEFT);
	ck_assert_int_eq(come_from(&late, "192.0.2.1"), REFUSAL_PENALTY);
	for (uint32_t n = 0;; n++) {
		struct source source = source_number(n);

		if (come(&late, &source) != REFUSAL_NONE)
			break;
		go(&late, SESSION_DELIVERED);
	}
	ck_assert_int_eq(come_from(&late, "192.0.2.1"), REFUSAL_RUSH);
}
END_TEST

/* Time after a proof does not count later, when the source is forgotten. */
START_TEST(p36_a_proof_of_long_ago_does_not_make_a_claim_better)
{
	struct caller friend;

	open_admission(4, 4);
	ck_assert_int_eq(come_from(&callers[0], "192.0.2.1"), REFUSAL_NONE);
	now_ms += 10 * S;
	prove(&callers[0]);
	go(&callers[0], SESSION_DELIVERED);
	now_ms += (int64_t)30 * 24 * 3600 * S;
	ck_assert_int_eq(come_from(&callers[0], "192.0.2.1"), REFUSAL_NONE);
	now_ms += 5 * S;
	ck_assert_int_eq(come_from(&callers[1], "192.0.2.2"), REFUSAL_NONE);
	now_ms += 5 * S;
	ck_assert_int_eq(come_from(&callers[2], "192.0.2.3"), REFUSAL_NONE);
	now_ms += 5 * S;
	ck_assert_int_eq(come_from(&friend, "192.0.2.4"), REFUSAL_NONE);
	ck_assert_ptr_eq(evicted, &callers[0].stay);
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = {
	    p36_a_new_source_gets_the_place_of_the_worst_claim,
	    p36_the_heaviest_source_makes_room,
	    p36_who_got_such_a_place_keeps_it,
	    p36_an_equal_claim_evicts_nobody,
	    p36_a_proof_saves_from_eviction,
	    p36_whoever_is_evicted_pays_for_it,
	    whoever_is_evicted_is_not_told_of_failures,
	    an_evicted_session_is_counted_out_once,
	    p36_sessions_that_come_to_nothing_have_a_rate,
	    sessions_with_a_proof_have_no_rate,
	    p36_a_rush_leaves_something_for_who_is_new,
	    p36_a_patient_rush_leaves_something_for_who_is_new,
	    p36_a_session_in_vain_counts_for_ten_minutes,
	    only_whoever_failed_is_told_to_wait,
	    p36_a_proof_of_long_ago_does_not_make_a_claim_better,
	};

	return unit_run(
	    &(struct unit){"listener crowd", tests, COUNT(tests), setup, NULL});
}
