/* Nacks: how each side treats them, before and after the text. */
#include "tests/unit/line.h"
#include "tests/unit/pair.h"

/* Each reason with its error before the text and after it. */
static const struct {
	uint8_t reason;
	int early, late;
} reasons[] = {
    {NACK_MALFORMED, CHAT_EMALFORMED, CHAT_EMALFORMED},
    {NACK_VERSION, CHAT_EVERSION, CHAT_EVERSION},
    {NACK_CLOCK, CHAT_ECLOCK, CHAT_ECLOCK},
    {NACK_NOT_AUTHENTIC, CHAT_EAUTH, CHAT_EAUTH},
    {NACK_BUSY, CHAT_EBUSY, CHAT_EBUSY},
    {NACK_NOT_DELIVERED, CHAT_EMALFORMED, CHAT_EUNDELIVERED},
    {NACK_TAKEN, CHAT_EMALFORMED, CHAT_ETAKEN},
    {0, CHAT_EMALFORMED, CHAT_EMALFORMED},
    {5, CHAT_EMALFORMED, CHAT_EMALFORMED},
    {NACK_WAIT, CHAT_EWAIT, CHAT_EMALFORMED},
    {10, CHAT_EMALFORMED, CHAT_EMALFORMED},
    {255, CHAT_EMALFORMED, CHAT_EMALFORMED},
};

/* Replaces frame n by a nack. */
static void
put_nack(int n, const uint8_t *payload, size_t len, bool has_mac)
{
	struct frame frame = {.type = FRAME_NACK,
	    .time = pair_time(),
	    .payload = payload,
	    .payload_len = len,
	    .has_mac = has_mac};

	pair_forge(n, &frame, &pair.frames[n]);
}

/* Returns what the initiator says to a nack instead of frame n. */
static int
answer(int n, const uint8_t *payload, size_t len, bool has_mac)
{
	pair_fill();
	pair_open();
	pair_reach(reader_of[n]);
	put_nack(n, payload, len, has_mac);
	return pair_step(reader_of[n]);
}

START_TEST(p09_bare_nack_of_each_reason_before_the_confirm)
{
	for (size_t i = 0; i < COUNT(reasons); i++)
		for (int n = 2; n <= 4; n += 2) {
			ck_assert_int_eq(
			    answer(n, &reasons[i].reason, 1, false),
			    reasons[i].early);
			ck_assert(pair.at.initiator.refused);
			ck_assert_int_eq(
			    pair.at.initiator.state, INITIATOR_FAILED);
		}
}
END_TEST

START_TEST(p09_bare_nack_of_another_length_is_malformed)
{
	const uint8_t bytes[3] = {NACK_BUSY, NACK_BUSY, NACK_BUSY};

	for (size_t len = 0; len <= sizeof(bytes); len++)
		for (int n = 2; n <= 4; n += 2)
			ck_assert_int_eq(answer(n, bytes, len, false),
			    len == 1 ? CHAT_EBUSY : CHAT_EMALFORMED);
}
END_TEST

/* A nack that early cannot have a MAC: such a line is malformed. */
START_TEST(p09_nack_with_a_mac_before_the_confirm_is_refused)
{
	for (size_t i = 0; i < COUNT(reasons); i++)
		for (int n = 2; n <= 4; n += 2) {
			ck_assert_int_eq(answer(n, &reasons[i].reason, 1, true),
			    CHAT_EMALFORMED);
			ck_assert(!pair.at.initiator.refused);
		}
}
END_TEST

START_TEST(p09_nack_with_a_mac_of_each_reason_after_the_text)
{
	for (size_t i = 0; i < COUNT(reasons); i++) {
		ck_assert_int_eq(
		    answer(6, &reasons[i].reason, 1, true), reasons[i].late);
		ck_assert(pair.at.initiator.refused);
		ck_assert_int_eq(pair.at.initiator.state, INITIATOR_FAILED);
	}
}
END_TEST

START_TEST(p09_nack_with_a_mac_of_another_length_is_not_believed)
{
	const uint8_t bytes[3] = {NACK_BUSY, NACK_BUSY, NACK_BUSY};

	for (size_t len = 0; len <= sizeof(bytes); len++)
		ck_assert_int_eq(answer(6, bytes, len, true),
		    len == 1 ? CHAT_EBUSY : CHAT_EUNCONFIRMED);
}
END_TEST

START_TEST(p09_bare_nack_after_the_text_is_not_believed)
{
	for (size_t i = 0; i < COUNT(reasons); i++) {
		ck_assert_int_eq(
		    answer(6, &reasons[i].reason, 1, false), CHAT_EUNCONFIRMED);
		ck_assert(!pair.at.initiator.refused);
	}
}
END_TEST

START_TEST(p01_tampered_nack_after_the_text_is_not_believed)
{
	const uint8_t reason = NACK_NOT_DELIVERED;
	struct moving before;
	struct line nack;

	pair_reach(STEP_RECEIPT);
	put_nack(6, &reason, 1, true);
	nack = pair.frames[6];
	before = pair.at;
	ck_assert_int_eq(pair_step(STEP_RECEIPT), CHAT_EUNDELIVERED);
	for (size_t bit = 0; bit < 8 * nack.len; bit++) {
		pair.at = before;
		pair.frames[6] = nack;
		pair.frames[6].bytes[bit / 8] ^= (char)(1 << bit % 8);
		ck_assert_int_eq(pair_step(STEP_RECEIPT), CHAT_EUNCONFIRMED);
		ck_assert(!pair.at.initiator.refused);
	}
}
END_TEST

/* One letter turns an ack into a nack; the MAC covers it. */
START_TEST(p01_an_ack_made_a_nack_is_not_believed)
{
	struct frame frame;

	pair_reach(STEP_RECEIPT);
	pair_decode(&pair.frames[6], &frame);
	frame.type = FRAME_NACK;
	ck_assert_int_eq(frame_encode(&frame, &pair.frames[6]), 0);
	ck_assert_int_eq(pair_step(STEP_RECEIPT), CHAT_EUNCONFIRMED);
}
END_TEST

/*
 * A MAC over another transcript, in the other direction, or with another key.
 */
START_TEST(p09_nack_proven_in_another_way_is_not_believed)
{
	const uint8_t reason = NACK_BUSY;
	struct exchange forger;
	struct frame frame = {.type = FRAME_NACK,
	    .time = pair_time(),
	    .payload = &reason,
	    .payload_len = 1,
	    .has_mac = true};
	struct moving before;

	pair_reach(STEP_RECEIPT);
	before = pair.at;
	for (int i = 0; i < 4; i++) {
		pair.at = before;
		forger = pair.at.responder.exchange;
		forger.transcript = pair.at.initiator.exchange.transcript;
		if (i == 1)
			forger.outgoing = SENDER_TO_LISTENER;
		if (i == 2)
			forger.transcript.hash[31] ^= 1;
		if (i == 3)
			memcpy(forger.keys.hmac_key, forger.keys.chap_secret,
			    SIZE_HASH);
		ck_assert_int_eq(
		    exchange_encode(&forger, &frame, &pair.frames[6]), 0);
		ck_assert_int_eq(pair_step(STEP_RECEIPT),
		    i == 0 ? CHAT_EBUSY : CHAT_EUNCONFIRMED);
	}
}
END_TEST

/* Returns the responder's nack for an error, as a frame. */
static struct frame
nacked(int error)
{
	struct line line;
	struct frame frame;

	ck_assert_int_eq(
	    responder_nack(&pair.at.responder, pair_time(), error, &line), 0);
	pair_decode(&line, &frame);
	ck_assert_int_eq(frame.type, FRAME_NACK);
	ck_assert_int_eq(frame.time, pair_time());
	ck_assert_uint_eq(frame.payload_len, 1);
	return frame;
}

START_TEST(p09_responder_nacks_bare_until_a_text_came)
{
	for (int step = STEP_READ_HELLO; step <= STEP_READ_TEXT; step++) {
		pair_fill();
		pair_open();
		pair_reach((enum step)step);
		ck_assert(!nacked(CHAT_EBUSY).has_mac);
		ck_assert_int_eq(pair_step(STEP_READ_TEXT), CHAT_EINTERNAL);
	}
}
END_TEST

START_TEST(p09_responder_nacks_with_a_mac_in_the_place_of_the_ack)
{
	static const struct {
		int error;
		uint8_t reason;
	} cases[] = {{CHAT_EMALFORMED, 1}, {CHAT_EVERSION, 2}, {CHAT_ECLOCK, 3},
	    {CHAT_EAUTH, 4}, {CHAT_EBUSY, 6}, {CHAT_EUNDELIVERED, 7},
	    {CHAT_ETAKEN, 8}, {CHAT_EWAIT, 9}, {CHAT_EINTERNAL, 6},
	    {CHAT_ETEXT, 1}, {CHAT_EPOINT, 1}};
	struct frame frame;

	for (size_t i = 0; i < COUNT(cases); i++) {
		pair_fill();
		pair_open();
		pair_reach(STEP_ACK);
		frame = nacked(cases[i].error);
		ck_assert(frame.has_mac);
		ck_assert_uint_eq(frame.payload[0], cases[i].reason);
	}
}
END_TEST

/* The initiator believes the nack that the responder encodes. */
START_TEST(p20_undelivered_is_believed_and_no_receipt)
{
	pair_reach(STEP_ACK);
	ck_assert_int_eq(responder_nack(&pair.at.responder, pair_time(),
			     CHAT_EUNDELIVERED, &pair.frames[6]),
	    0);
	ck_assert_int_eq(pair_step(STEP_RECEIPT), CHAT_EUNDELIVERED);
	ck_assert(pair.at.initiator.refused);
}
END_TEST

/* Whether frame n is this line of chat1.json. */
static void
expect_vector(int n, const char *key)
{
	const char *wanted = unit_vector(key);

	ck_assert_uint_eq(pair.frames[n].len, strlen(wanted));
	ck_assert_mem_eq(pair.frames[n].bytes, wanted, strlen(wanted));
}

START_TEST(p02_the_nack_in_the_place_of_the_ack_is_the_vector)
{
	pair_reach(STEP_ACK);
	ck_assert_int_eq(responder_nack(&pair.at.responder, pair_time(),
			     CHAT_EUNDELIVERED, &pair.frames[6]),
	    0);
	expect_vector(6, "nack 7");
	ck_assert_int_eq(pair_step(STEP_RECEIPT), CHAT_EUNDELIVERED);
}
END_TEST

START_TEST(p02_the_nack_that_has_a_sender_wait_is_the_vector)
{
	pair_reach(STEP_READ_HELLO);
	ck_assert_int_eq(responder_nack(&pair.at.responder, pair_time(),
			     CHAT_EWAIT, &pair.frames[2]),
	    0);
	expect_vector(2, "nack 9");
	ck_assert_int_eq(pair_step(STEP_CHALLENGE), CHAT_EWAIT);
}
END_TEST

/* The same for a text that was refused: the nack answers that line. */
START_TEST(p09_a_refused_text_is_nacked_so_that_it_is_believed)
{
	pair.clock[STEP_TEXT] += LIMIT_CLOCK_SKEW + 1;
	pair_expect(STEP_READ_TEXT, CHAT_ECLOCK);
	ck_assert_int_eq(responder_nack(&pair.at.responder, pair_time(),
			     CHAT_ECLOCK, &pair.frames[6]),
	    0);
	ck_assert_int_eq(pair_step(STEP_RECEIPT), CHAT_ECLOCK);
	ck_assert(pair.at.initiator.refused);
}
END_TEST

/* A stranger's line instead of the response gets a nack without a MAC. */
START_TEST(p09_a_failed_handshake_is_nacked_bare)
{
	pair.input.password_to = "another";
	pair_open();
	pair_expect(STEP_RESPONSE, CHAT_EAUTH);
	ck_assert_int_eq(responder_nack(&pair.at.responder, pair_time(),
			     CHAT_EAUTH, &pair.frames[4]),
	    0);
	ck_assert_int_eq(pair_step(STEP_CONFIRM), CHAT_EAUTH);
	ck_assert(pair.at.initiator.refused);
}
END_TEST

/* Without a valid MAC on the response, the nack has none either. */
START_TEST(p09_a_response_with_a_bad_mac_is_nacked_bare)
{
	pair_reach(STEP_RESPONSE);
	pair.frames[3].bytes[pair.frames[3].len - 40] ^= 1; /* its MAC */
	ck_assert_int_ne(pair_step(STEP_RESPONSE), 0);
	ck_assert(!nacked(CHAT_EAUTH).has_mac);
}
END_TEST

START_TEST(p09_one_answer_only)
{
	struct line line;
	struct responder *r = &pair.at.responder;

	pair_reach(STEP_RECEIPT);
	ck_assert_int_eq(
	    responder_nack(r, pair_time(), CHAT_EBUSY, &line), CHAT_EINTERNAL);
	ck_assert_int_eq(
	    responder_nack(r, pair_time(), CHAT_EBUSY, &line), CHAT_EINTERNAL);
}
END_TEST

START_TEST(p09_no_nack_after_an_ack_and_a_wrong_call)
{
	struct line line;
	struct responder *r = &pair.at.responder;

	pair_reach(STEP_RECEIPT);
	ck_assert_int_eq(responder_ack(r, pair_time(), &pair.receipt, &line),
	    CHAT_EINTERNAL);
	ck_assert_int_eq(
	    responder_nack(r, pair_time(), CHAT_EBUSY, &line), CHAT_EINTERNAL);
}
END_TEST

START_TEST(p09_one_nack_only)
{
	struct line line;
	struct responder *r = &pair.at.responder;

	pair_reach(STEP_ACK);
	ck_assert_int_eq(responder_nack(r, pair_time(), CHAT_EBUSY, &line), 0);
	ck_assert_int_eq(responder_ack(r, pair_time(), &pair.receipt, &line),
	    CHAT_EINTERNAL);
	ck_assert_int_eq(
	    responder_nack(r, pair_time(), CHAT_EBUSY, &line), CHAT_EINTERNAL);
}
END_TEST

/* Its keys are wiped: anybody could compute the MAC. */
START_TEST(p09_a_closed_responder_does_not_nack)
{
	struct line line;

	pair_reach(STEP_ACK);
	responder_close(&pair.at.responder);
	ck_assert_int_eq(
	    responder_nack(&pair.at.responder, pair_time(), CHAT_EBUSY, &line),
	    CHAT_EINTERNAL);
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = {
	    p09_bare_nack_of_each_reason_before_the_confirm,
	    p09_bare_nack_of_another_length_is_malformed,
	    p09_nack_with_a_mac_before_the_confirm_is_refused,
	    p09_nack_with_a_mac_of_each_reason_after_the_text,
	    p09_nack_with_a_mac_of_another_length_is_not_believed,
	    p09_bare_nack_after_the_text_is_not_believed,
	    p01_tampered_nack_after_the_text_is_not_believed,
	    p01_an_ack_made_a_nack_is_not_believed,
	    p09_nack_proven_in_another_way_is_not_believed,
	    p09_responder_nacks_bare_until_a_text_came,
	    p09_responder_nacks_with_a_mac_in_the_place_of_the_ack,
	    p20_undelivered_is_believed_and_no_receipt,
	    p02_the_nack_in_the_place_of_the_ack_is_the_vector,
	    p02_the_nack_that_has_a_sender_wait_is_the_vector,
	    p09_a_refused_text_is_nacked_so_that_it_is_believed,
	    p09_a_failed_handshake_is_nacked_bare,
	    p09_a_response_with_a_bad_mac_is_nacked_bare,
	    p09_one_answer_only,
	    p09_no_nack_after_an_ack_and_a_wrong_call,
	    p09_one_nack_only,
	    p09_a_closed_responder_does_not_nack,
	};

	return unit_run(&(struct unit){
	    "nack", tests, COUNT(tests), pair_setup, pair_teardown});
}
