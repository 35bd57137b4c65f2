/* Property 12: the limits of the clock difference, for every frame and role. */
#include "tests/unit/pair.h"

#define EDGE LIMIT_CLOCK_SKEW
#define YEAR_S (365 * 86400)

/*
 * Returns what the reader of frame n says if the frame is so many seconds old.
 */
static int
verdict(int n, int64_t age)
{
	pair_fill();
	pair_open();
	pair_pass_time(reader_of[n], age);
	pair_reach(reader_of[n]);
	return pair_step(reader_of[n]);
}

static void
expect_window(int n, int error)
{
	ck_assert_int_eq(EDGE, 300);
	ck_assert_int_eq(verdict(n, 0), 0);
	ck_assert_int_eq(verdict(n, EDGE), 0);
	ck_assert_int_eq(verdict(n, EDGE + 1), error);
	ck_assert_int_eq(verdict(n, -EDGE), 0);
	ck_assert_int_eq(verdict(n, -EDGE - 1), error);
	ck_assert_int_eq(verdict(n, YEAR_S), error);
	ck_assert_int_eq(verdict(n, -YEAR_S), error);
}

START_TEST(p12_hello_is_taken_within_the_window)
{
	expect_window(1, CHAT_ECLOCK);
	ck_assert_int_eq(verdict(1, EDGE + 1), CHAT_ECLOCK);
	ck_assert_int_eq(pair.at.holder.begun, 0);
}
END_TEST

START_TEST(p12_challenge_is_taken_within_the_window)
{
	expect_window(2, CHAT_ECLOCK);
}
END_TEST

START_TEST(p12_response_is_taken_within_the_window)
{
	expect_window(3, CHAT_ECLOCK);
}
END_TEST

START_TEST(p12_confirm_is_taken_within_the_window)
{
	expect_window(4, CHAT_ECLOCK);
}
END_TEST

START_TEST(p12_text_may_be_old_but_not_of_the_future)
{
	ck_assert_int_eq(verdict(5, 0), 0);
	ck_assert_int_eq(verdict(5, -EDGE), 0);
	ck_assert_int_eq(verdict(5, -EDGE - 1), CHAT_ECLOCK);
	ck_assert(!pair.at.shown);
	ck_assert_int_eq(verdict(5, -YEAR_S), CHAT_ECLOCK);
	ck_assert_int_eq(verdict(5, EDGE + 1), 0);
	ck_assert_int_eq(verdict(5, 50 * (int64_t)YEAR_S), 0);
	ck_assert_int_eq(pair.at.responder.message.sent, pair_time());
}
END_TEST

START_TEST(p12_ack_is_believed_within_the_window)
{
	expect_window(6, CHAT_EUNCONFIRMED);
}
END_TEST

/*
 * Returns what the reader of frame n says if its clock is wrong and the MAC
 * too.
 */
static int
verdict_without_proof(int n, size_t at)
{
	pair_fill();
	pair_open();
	pair_pass_time(reader_of[n], YEAR_S);
	pair_reach(reader_of[n]);
	/* Changes one digit of the MAC. */
	pair.frames[n].bytes[at] = pair.frames[n].bytes[at] == '0' ? '1' : '0';
	return pair_step(reader_of[n]);
}

/* Only a sender who has proven themselves is told that the clock is wrong. */
START_TEST(p12_the_clock_is_judged_after_the_mac)
{
	for (int n = 3; n <= 5; n++) {
		size_t at;

		ck_assert_int_eq(
		    verdict(n, n == 5 ? -YEAR_S : YEAR_S), CHAT_ECLOCK);
		at = (size_t)(strstr(pair.frames[n].bytes, "hmac_val") -
		    pair.frames[n].bytes);
		ck_assert_int_eq(
		    verdict_without_proof(n, at + strlen("hmac_val\":\"")),
		    CHAT_EAUTH);
	}
}
END_TEST

START_TEST(p12_a_wrong_proof_hears_nothing_of_clocks)
{
	uint8_t payload[RESPONSE_LEN] = {0};

	pair_pass_time(STEP_RESPONSE, YEAR_S);
	pair_reach(STEP_RESPONSE);
	pair_forge_payload(3, payload, sizeof(payload));
	ck_assert_int_eq(pair_step(STEP_RESPONSE), CHAT_EAUTH);
	ck_assert(!pair.at.responder.keyed);
}
END_TEST

/* An old text does not change the limits for later frames. */
START_TEST(p12_the_time_of_the_text_is_not_a_clock)
{
	pair.clock[STEP_TEXT] -= YEAR_S;
	pair_reach(STEPS);
	ck_assert_int_eq(pair.at.responder.message.sent, pair_time() - YEAR_S);
}
END_TEST

START_TEST(p12_a_text_of_the_first_and_of_no_year)
{
	pair.clock[STEP_TEXT] = -62167219200; /* 0000-01-01T00:00:00Z */
	pair_reach(STEPS);
	pair_fill();
	pair_open();
	pair.clock[STEP_TEXT] = -62167219201;
	pair_reach(STEP_TEXT);
	ck_assert_int_eq(pair_step(STEP_TEXT), CHAT_EMALFORMED);
}
END_TEST

/* chat-protocol(7), CLOCKS: S does not check the time of a nack. */
START_TEST(p12_the_time_of_a_nack_is_no_matter)
{
	const uint8_t reason = NACK_BUSY;

	for (int n = 2; n <= 6; n += 2) {
		struct frame nack = {.type = FRAME_NACK,
		    .time = pair_time() - YEAR_S,
		    .payload = &reason,
		    .payload_len = 1,
		    .has_mac = n == 6};

		pair_open();
		pair_reach(reader_of[n]);
		pair_forge(n, &nack, &pair.frames[n]);
		ck_assert_int_eq(pair_step(reader_of[n]), CHAT_EBUSY);
		ck_assert(pair.at.initiator.refused);
	}
}
END_TEST

START_TEST(p12_instant_near_at_its_edges)
{
	static const int64_t times[] = {
	    0, 1, -1, 300, 1767323045, 253402300799, -62167219200};

	for (size_t i = 0; i < COUNT(times); i++) {
		int64_t t = times[i];

		ck_assert(timestamp_near(t, t));
		ck_assert(timestamp_near(t, t + EDGE));
		ck_assert(timestamp_near(t, t - EDGE));
		ck_assert(!timestamp_near(t, t + EDGE + 1));
		ck_assert(!timestamp_near(t, t - EDGE - 1));
	}
	ck_assert(!timestamp_near(253402300799, -62167219200));
	ck_assert(!timestamp_near(-62167219200, 253402300799));
}
END_TEST

/* A difference that is a multiple of 2^32 is not small. */
START_TEST(p12_instant_near_does_not_wrap)
{
	ck_assert(!timestamp_near(0, (int64_t)1 << 32));
	ck_assert(!timestamp_near((int64_t)1 << 32, 0));
	ck_assert(!timestamp_near(0, INT64_MAX));
	ck_assert(!timestamp_near(INT64_MIN + 1, 0));
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = {
	    p12_hello_is_taken_within_the_window,
	    p12_challenge_is_taken_within_the_window,
	    p12_response_is_taken_within_the_window,
	    p12_confirm_is_taken_within_the_window,
	    p12_text_may_be_old_but_not_of_the_future,
	    p12_ack_is_believed_within_the_window,
	    p12_the_clock_is_judged_after_the_mac,
	    p12_a_wrong_proof_hears_nothing_of_clocks,
	    p12_the_time_of_the_text_is_not_a_clock,
	    p12_a_text_of_the_first_and_of_no_year,
	    p12_the_time_of_a_nack_is_no_matter,
	    p12_instant_near_at_its_edges,
	    p12_instant_near_does_not_wrap,
	};

	return unit_run(&(struct unit){
	    "clock", tests, COUNT(tests), pair_setup, pair_teardown});
}
