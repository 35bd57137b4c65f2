/* Properties 4 to 8 for the state machines of the two roles. */
#include "tests/unit/pair.h"

static struct line recorded[FRAMES + 1]; /* frames of another session */

/* Gives both sides other random numbers, as in a later session. */
static void
another_session(void)
{
	pair_fill();
	pair.input.scalar[0] ^= 1;
	pair.input.nonce[0] ^= 1;
	pair.at.holder.scalar[0] ^= 1;
	pair.at.holder.nonce[0] ^= 1;
	pair_open();
}

/* Runs the session of chat1.json and saves its frames. */
static void
record(void)
{
	pair_reach(STEPS);
	memcpy(recorded, pair.frames, sizeof(recorded));
}

/* Returns what the reader of frame n says to frame n of the saved session. */
static int
replay(int n)
{
	pair_reach(reader_of[n]);
	pair.frames[n] = recorded[n];
	return pair_step(reader_of[n]);
}

/* The frame of the other side instead of the expected one. */
static void
reflect(int n, int error)
{
	pair_reach(reader_of[n]);
	pair.frames[n] = pair.frames[n - 1];
	ck_assert_int_eq(pair_step(reader_of[n]), error);
}

START_TEST(p04_own_frames_come_back_and_are_refused)
{
	static const int errors[FRAMES + 1] = {0, 0, CHAT_EMALFORMED,
	    CHAT_EMALFORMED, CHAT_EMALFORMED, CHAT_EMALFORMED,
	    CHAT_EUNCONFIRMED};

	for (int n = 2; n <= FRAMES; n++) {
		pair_fill();
		pair_open();
		reflect(n, errors[n]);
	}
}
END_TEST

/* The initiator's own share and proof come back as if from the listener. */
START_TEST(p04_own_share_and_proof_reflected_gain_nothing)
{
	uint8_t payload[CHALLENGE_LEN] = {CHAT1_VERSION};
	struct frame own;

	memcpy(payload + 1, pair.at.initiator.party.share, SIZE_POINT);
	pair_reach(STEP_CHALLENGE);
	pair_forge_payload(2, payload, sizeof(payload));
	ck_assert_int_eq(pair_step(STEP_CHALLENGE), 0);
	pair_decode(&pair.frames[3], &own);
	own.type = FRAME_CONFIRM;
	own.payload_len = SIZE_HASH;
	ck_assert_int_eq(frame_encode(&own, &pair.frames[4]), 0);
	ck_assert_int_eq(pair_step(STEP_CONFIRM), CHAT_EAUTH);
}
END_TEST

/* The right keys, but the wrong direction in the MAC. */
START_TEST(p04_a_mac_of_the_own_direction_is_refused)
{
	for (int n = 3; n <= FRAMES; n++) {
		struct exchange forger;
		struct frame frame;

		pair_fill();
		pair_open();
		pair_reach(reader_of[n]);
		forger = n % 2 == 0 ? pair.at.initiator.exchange
				    : pair.at.responder.exchange;
		if (n == 3) /* which the responder learns only there */
			forger.keys = pair.at.initiator.exchange.keys;
		pair_decode(&pair.frames[n], &frame);
		ck_assert_int_eq(
		    exchange_encode(&forger, &frame, &pair.frames[n]), 0);
		ck_assert_int_eq(pair_step(reader_of[n]),
		    n == 6 ? CHAT_EUNCONFIRMED : CHAT_EAUTH);
	}
}
END_TEST

/* A listener's proof instead of the sender's, and the other way round. */
START_TEST(p04_the_two_proofs_do_not_stand_for_each_other)
{
	uint8_t payload[RESPONSE_LEN];
	struct frame sender, listener;

	pair_reach(STEPS);
	pair_decode(&pair.frames[4], &listener);
	memcpy(payload, listener.payload, SIZE_HASH);
	memcpy(payload + SIZE_HASH, pair.input.nonce, SIZE_NONCE);
	pair_open();
	pair_reach(STEP_RESPONSE);
	pair_forge_payload(3, payload, RESPONSE_LEN);
	ck_assert_int_eq(pair_step(STEP_RESPONSE), CHAT_EAUTH);

	pair_open();
	pair_reach(STEP_CONFIRM);
	pair_decode(&pair.frames[3], &sender);
	memcpy(payload, sender.payload, SIZE_HASH);
	pair_forge_payload(4, payload, SIZE_HASH);
	ck_assert_int_eq(pair_step(STEP_CONFIRM), CHAT_EAUTH);
}
END_TEST

/* Two sessions of the same two people at once, with their frames swapped. */
START_TEST(p04_crossing_sessions_gain_nothing)
{
	record();
	for (int n = 1; n <= FRAMES; n++) {
		another_session();
		pair_reach(reader_of[n]);
		pair.frames[n] = recorded[n];
		ck_assert_int_ne(pair_until(STEPS), 0);
		ck_assert(n == FRAMES || !pair.at.shown);
	}
}
END_TEST

START_TEST(p04_a_message_to_oneself_is_a_session_like_any_other)
{
	pair.input.from = pair.input.to;
	pair.input.password_from = pair.input.password_to;
	pair.at.holder.password_from = pair.input.password_to;
	pair_open();
	pair_reach(STEPS);
	ck_assert_str_eq(pair.at.responder.message.from, pair.input.to);
	for (int n = 2; n <= FRAMES; n += 2) {
		pair_open();
		reflect(n, n == 6 ? CHAT_EUNCONFIRMED : CHAT_EMALFORMED);
	}
}
END_TEST

START_TEST(p05_a_replayed_hello_and_response_are_refused)
{
	record();
	another_session();
	ck_assert_int_eq(replay(1), 0);
	pair.at.next = STEP_RESPONSE;
	ck_assert_int_eq(replay(3), CHAT_EAUTH);
}
END_TEST

START_TEST(p05_a_replayed_text_is_refused)
{
	record();
	another_session();
	ck_assert_int_eq(replay(5), CHAT_EAUTH);
	ck_assert(!pair.at.shown);
}
END_TEST

START_TEST(p05_a_replayed_receipt_is_refused)
{
	record();
	another_session();
	ck_assert_int_eq(replay(6), CHAT_EUNCONFIRMED);
}
END_TEST

START_TEST(p05_a_replayed_challenge_and_confirm_are_refused)
{
	record();
	another_session();
	ck_assert_int_eq(replay(2), 0);
	pair.at.next = STEP_CONFIRM;
	ck_assert_int_eq(replay(4), CHAT_EAUTH);
}
END_TEST

/* The sender writes to carol and has all passwords, but alice answers. */
START_TEST(p06_a_foreign_name_is_refused_with_the_right_passwords)
{
	pair.input.to = "carol";
	pair_open();
	pair_expect(STEP_RESPONSE, CHAT_EAUTH);
	ck_assert_str_eq(pair.at.responder.message.to, "carol");
	ck_assert_int_eq(pair.at.holder.verified, 1);
}
END_TEST

START_TEST(p06_a_foreign_sender_is_refused_with_the_right_passwords)
{
	uint8_t payload[HELLO_MAX];
	const struct hello hello = {
	    pair.input.drawn, "rob", "alice", pair.at.initiator.party.share};

	pair_reach(STEP_READ_HELLO);
	pair_forge_payload(1, payload, payload_hello_pack(&hello, payload));
	pair_expect(STEP_RESPONSE, CHAT_EAUTH);
}
END_TEST

/* Both names are bound, even if the listener accepts any name. */
START_TEST(p06_an_impostor_cannot_be_another_name)
{
	pair.at.holder.gullible = true;
	pair.at.holder.name = "carol";
	pair_open();
	pair_expect(STEP_RESPONSE, CHAT_EAUTH);
	ck_assert_int_eq(pair.at.holder.verified, 1);
}
END_TEST

START_TEST(p07_a_sender_with_half_the_secret_is_refused)
{
	for (int half = 0; half < 2; half++) {
		pair_fill();
		if (half == 0)
			pair.input.password_from = "guessed";
		else
			pair.input.password_to = "guessed";
		pair_open();
		pair_expect(STEP_RESPONSE, CHAT_EAUTH);
		ck_assert_int_eq(pair.at.holder.verified, 1);
	}
}
END_TEST

/* One password for both names, although each has its own. */
START_TEST(p07_one_password_does_not_stand_for_both)
{
	const char *from = pair.input.password_from;
	const char *to = pair.input.password_to;

	pair.input.password_from = to;
	pair_open();
	pair_expect(STEP_RESPONSE, CHAT_EAUTH);
	pair_fill();
	pair.input.password_to = from;
	pair_open();
	pair_expect(STEP_RESPONSE, CHAT_EAUTH);
	pair_fill();
	pair.input.password_from = to;
	pair.input.password_to = from;
	pair_open();
	pair_expect(STEP_RESPONSE, CHAT_EAUTH);
}
END_TEST

/*
 * What an impostor can do after frame 3, with the keys from the passwords that
 * it knows.
 */
static int
impostor_confirms(void)
{
	struct exchange *e = &pair.at.responder.exchange;
	uint8_t proof[SIZE_HASH];
	struct frame frame = {.type = FRAME_CONFIRM,
	    .time = pair_time(),
	    .payload = proof,
	    .payload_len = sizeof(proof),
	    .has_mac = true};

	pair.at.holder.gullible = true;
	pair_reach(STEP_RESPONSE);
	(void)pair_step(STEP_RESPONSE);
	ck_assert_int_eq(pair.at.holder.verified, 1);
	ck_assert_int_eq(proof_listener(&pair.suite, e->keys.chap_secret,
			     pair.at.initiator.exchange.transcript.hash,
			     pair.input.nonce, proof),
	    0);
	pair_forge(4, &frame, &pair.frames[4]);
	return pair_step(STEP_CONFIRM);
}

START_TEST(p07_an_impostor_with_half_the_secret_is_refused)
{
	ck_assert_int_eq(impostor_confirms(), 0); /* both: not an impostor */
	for (int half = 0; half < 3; half++) {
		pair_fill();
		if (half != 0)
			pair.at.holder.password_from = "guessed";
		if (half != 1)
			pair.at.holder.password_to = "guessed";
		pair_open();
		ck_assert_int_eq(impostor_confirms(), CHAT_EAUTH);
		ck_assert_int_eq(pair_step(STEP_TEXT), CHAT_EINTERNAL);
	}
}
END_TEST

/* A right MAC with a wrong proof: HMAC_key alone is not enough. */
START_TEST(p07_a_wrong_listener_proof_under_a_right_mac_is_refused)
{
	uint8_t proof[SIZE_HASH];
	struct frame frame;

	for (size_t bit = 0; bit < 8 * SIZE_HASH; bit += 5) {
		pair_fill();
		pair_open();
		pair_reach(STEP_CONFIRM);
		pair_decode(&pair.frames[4], &frame);
		memcpy(proof, frame.payload, SIZE_HASH);
		proof[bit / 8] ^= (uint8_t)(1 << bit % 8);
		pair_forge_payload(4, proof, SIZE_HASH);
		ck_assert_int_eq(pair_step(STEP_CONFIRM), CHAT_EAUTH);
	}
}
END_TEST

/* A right proof is not enough without the MAC of its frame. */
START_TEST(p07_a_right_proof_under_a_wrong_mac_is_refused)
{
	for (int n = 3; n <= 4; n++) {
		struct frame frame;

		pair_fill();
		pair_open();
		pair_reach(reader_of[n]);
		pair_decode(&pair.frames[n], &frame);
		frame.mac[0] ^= 1;
		ck_assert_int_eq(frame_encode(&frame, &pair.frames[n]), 0);
		ck_assert_int_eq(pair_step(reader_of[n]), CHAT_EAUTH);
	}
}
END_TEST

/* All strangers see answers of the same form. */
START_TEST(p08_every_name_gets_a_challenge_of_the_same_form)
{
	static const char *const names[] = {"alice", "carol", "x",
	    "a.very-long_name@of+some.body.whom.nobody.here.has.ever.heard.of"};

	for (size_t i = 0; i < COUNT(names); i++) {
		struct frame frame;

		pair_fill();
		pair.input.to = names[i];
		pair_open();
		pair_reach(STEP_CHALLENGE);
		pair_decode(&pair.frames[2], &frame);
		ck_assert_int_eq(frame.type, FRAME_CHALLENGE);
		ck_assert_uint_eq(frame.payload_len, CHALLENGE_LEN);
		ck_assert_mem_eq(frame.payload + 1 + SIZE_POINT,
		    pair.at.holder.nonce, SIZE_NONCE);
	}
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = {
	    p04_own_frames_come_back_and_are_refused,
	    p04_own_share_and_proof_reflected_gain_nothing,
	    p04_a_mac_of_the_own_direction_is_refused,
	    p04_the_two_proofs_do_not_stand_for_each_other,
	    p04_crossing_sessions_gain_nothing,
	    p04_a_message_to_oneself_is_a_session_like_any_other,
	    p05_a_replayed_hello_and_response_are_refused,
	    p05_a_replayed_text_is_refused,
	    p05_a_replayed_receipt_is_refused,
	    p05_a_replayed_challenge_and_confirm_are_refused,
	    p06_a_foreign_name_is_refused_with_the_right_passwords,
	    p06_a_foreign_sender_is_refused_with_the_right_passwords,
	    p06_an_impostor_cannot_be_another_name,
	    p07_a_sender_with_half_the_secret_is_refused,
	    p07_one_password_does_not_stand_for_both,
	    p07_an_impostor_with_half_the_secret_is_refused,
	    p07_a_wrong_listener_proof_under_a_right_mac_is_refused,
	    p07_a_right_proof_under_a_wrong_mac_is_refused,
	    p08_every_name_gets_a_challenge_of_the_same_form,
	};

	return unit_run(&(struct unit){
	    "roles", tests, COUNT(tests), pair_setup, pair_teardown});
}
