/* Property 2: fixed random numbers give tests/vectors/chat1.json. */
#include "tests/unit/pair.h"

static void
expect_frame(int n)
{
	const char *wanted = unit_vector_frame(n);

	ck_assert_msg(pair.frames[n].len == strlen(wanted) &&
		memcmp(pair.frames[n].bytes, wanted, strlen(wanted)) == 0,
	    "frame %d is\n%.*swanted\n%s", n, (int)pair.frames[n].len,
	    pair.frames[n].bytes, wanted);
}

/* The transcripts of both sides after each frame. */
static void
expect_transcripts(int initiator, int responder)
{
	ck_assert_hex_eq(pair.at.initiator.exchange.transcript.hash, SIZE_HASH,
	    unit_vector_t(initiator));
	ck_assert_hex_eq(pair.at.responder.exchange.transcript.hash, SIZE_HASH,
	    unit_vector_t(responder));
}

static void
expect_keys(const struct keys *keys)
{
	char iv[2 * SIZE_BLOCK + 1] = {0};

	memcpy(iv, unit_vector("IV32"), 2 * SIZE_BLOCK);
	ck_assert_hex_eq(keys->enc_key, SIZE_HASH, unit_vector("enc_key"));
	ck_assert_hex_eq(keys->iv, SIZE_BLOCK, iv);
	ck_assert_hex_eq(keys->hmac_key, SIZE_HASH, unit_vector("HMAC_key"));
	ck_assert_hex_eq(
	    keys->chap_secret, SIZE_HASH, unit_vector("CHAP_SECRET"));
}

/* Puts frame n of the file in place for its reader. */
static void
put_frame(int n)
{
	pair_replace(n, unit_vector_frame(n), strlen(unit_vector_frame(n)));
}

START_TEST(p02_all_frames_of_a_session_are_the_vectors)
{
	pair_reach(STEPS);
	for (int n = 1; n <= FRAMES; n++)
		expect_frame(n);
	ck_assert_int_eq(pair.at.initiator.state, INITIATOR_RECEIPTED);
	ck_assert(!pair.at.initiator.refused);
	ck_assert_int_eq(pair.at.responder.state, RESPONDER_ANSWERED);
}
END_TEST

START_TEST(p02_a_batch_is_the_vector)
{
	const char *wanted = unit_vector("frame lines");

	pair.batch = true;
	pair.text = unit_vector("lines");
	pair.text_len = strlen(pair.text);
	pair_reach(STEP_READ_TEXT);
	ck_assert_uint_eq(pair.frames[5].len, strlen(wanted));
	ck_assert_mem_eq(pair.frames[5].bytes, wanted, strlen(wanted));
	pair_reach(STEPS);
	ck_assert_uint_eq(pair.at.responder.message.lines, 2);
}
END_TEST

START_TEST(p02_initiator_alone_sends_the_vectors)
{
	for (int n = 2; n <= FRAMES; n += 2)
		put_frame(n);
	ck_assert_int_eq(pair_step(STEP_HELLO), 0);
	expect_frame(1);
	ck_assert_int_eq(pair_step(STEP_CHALLENGE), 0);
	expect_frame(3);
	ck_assert_int_eq(pair_step(STEP_CONFIRM), 0);
	ck_assert_int_eq(pair_step(STEP_TEXT), 0);
	expect_frame(5);
	ck_assert_int_eq(pair_step(STEP_RECEIPT), 0);
}
END_TEST

START_TEST(p02_responder_alone_sends_the_vectors)
{
	for (int n = 1; n <= FRAMES; n += 2)
		put_frame(n);
	ck_assert_int_eq(pair_step(STEP_READ_HELLO), 0);
	expect_frame(2);
	ck_assert_int_eq(pair_step(STEP_RESPONSE), 0);
	expect_frame(4);
	ck_assert_int_eq(pair_step(STEP_READ_TEXT), 0);
	ck_assert_int_eq(pair_step(STEP_ACK), 0);
	expect_frame(6);
}
END_TEST

START_TEST(p02_responder_hands_over_the_message_of_the_vectors)
{
	const struct message *m = &pair.at.responder.message;

	pair_reach(STEP_ACK);
	ck_assert_str_eq(m->from, unit_vector("from"));
	ck_assert_str_eq(m->to, unit_vector("to"));
	ck_assert_hex_eq(m->id, SIZE_ID, unit_vector("id"));
	ck_assert_uint_eq(m->len, strlen(unit_vector("text")));
	ck_assert_mem_eq(m->text, unit_vector("text"), m->len);
	ck_assert_int_eq(m->sent, pair_time());
	ck_assert(m->listed);
}
END_TEST

START_TEST(p02_listed_is_what_the_keyholder_says)
{
	pair.at.holder.listed = false;
	pair_reach(STEP_ACK);
	ck_assert(!pair.at.responder.message.listed);
}
END_TEST

START_TEST(p02_w_and_shares_are_the_vectors)
{
	ck_assert_hex_eq(
	    pair.at.initiator.party.w, SIZE_SCALAR, unit_vector("w"));
	ck_assert_hex_eq(
	    pair.at.initiator.party.share, SIZE_POINT, unit_vector("pA"));
	pair_reach(STEP_CHALLENGE);
	ck_assert_hex_eq(pair.at.holder.w, SIZE_SCALAR, unit_vector("w"));
	ck_assert_hex_eq(pair.at.holder.pa, SIZE_POINT, unit_vector("pA"));
	ck_assert_hex_eq(pair.at.holder.pb, SIZE_POINT, unit_vector("pB"));
}
END_TEST

START_TEST(p02_both_sides_agree_on_the_dhsk_of_the_vectors)
{
	struct spake2_party party = pair.at.initiator.party;
	uint8_t pb[SIZE_POINT], dhsk[SIZE_HASH];

	unit_vector_bytes("pB", pb, sizeof(pb));
	ck_assert_int_eq(
	    spake2_finish(&pair.suite, pair.spake2, &party, pb, dhsk), 0);
	ck_assert_hex_eq(dhsk, SIZE_HASH, unit_vector("DHSK"));
	pair_reach(STEP_CHALLENGE);
	ck_assert_hex_eq(pair.at.holder.dhsk, SIZE_HASH, unit_vector("DHSK"));
}
END_TEST

START_TEST(p02_both_sides_have_the_keys_of_the_vectors)
{
	pair_reach(STEP_RESPONSE);
	expect_keys(&pair.at.initiator.exchange.keys);
	pair_reach(STEP_CONFIRM);
	expect_keys(&pair.at.responder.exchange.keys);
	ck_assert_hex_eq(
	    pair.at.holder.enc_key, SIZE_HASH, unit_vector("enc_key"));
}
END_TEST

START_TEST(p02_transcripts_are_the_vectors)
{
	expect_transcripts(0, 0);
	pair_reach(STEP_READ_HELLO);
	expect_transcripts(1, 0);
	pair_reach(STEP_CHALLENGE);
	expect_transcripts(1, 2);
	pair_reach(STEP_RESPONSE);
	expect_transcripts(3, 2);
	pair_reach(STEP_CONFIRM);
	expect_transcripts(3, 4);
	pair_reach(STEP_TEXT);
	expect_transcripts(4, 4);
	pair_reach(STEP_READ_TEXT);
	expect_transcripts(5, 4);
	pair_reach(STEP_ACK);
	expect_transcripts(5, 5);
	pair_reach(STEP_RECEIPT);
	expect_transcripts(5, 6);
}
END_TEST

START_TEST(p02_proofs_and_ciphertext_are_the_vectors)
{
	struct frame frame;

	pair_reach(STEP_RECEIPT);
	pair_decode(&pair.frames[3], &frame);
	ck_assert_hex_eq(frame.payload, SIZE_HASH, unit_vector("PS"));
	ck_assert_hex_eq(
	    frame.payload + SIZE_HASH, SIZE_NONCE, unit_vector("CS"));
	pair_decode(&pair.frames[4], &frame);
	ck_assert_hex_eq(frame.payload, SIZE_HASH, unit_vector("PL"));
	pair_decode(&pair.frames[5], &frame);
	ck_assert_hex_eq(
	    frame.payload, frame.payload_len, unit_vector("ciphertext"));
}
END_TEST

START_TEST(p02_the_receipt_is_the_vector)
{
	const struct keys *keys = &pair.at.responder.exchange.keys;
	const struct receipt *given = &pair.receipt, *got = &pair.at.receipt;
	struct keys reply;
	struct frame frame;

	pair_reach(STEP_ACK);
	ck_assert_int_eq(keys_reply(&pair.suite, keys, &reply), 0);
	ck_assert_hex_eq(reply.enc_key, SIZE_HASH, unit_vector("reply_key"));
	ck_assert_mem_eq(unit_hex(reply.iv, SIZE_BLOCK),
	    unit_vector("reply_IV32"), 2 * SIZE_BLOCK);
	pair_reach(STEP_RECEIPT);
	pair_decode(&pair.frames[6], &frame);
	ck_assert_hex_eq(
	    frame.payload, frame.payload_len, unit_vector("sealed_receipt"));
	ck_assert_int_eq(pair_step(STEP_RECEIPT), 0);
	ck_assert_uint_eq(got->seq, given->seq);
	ck_assert_mem_eq(got->head, given->head, SIZE_HASH);
}
END_TEST

/* TT is spelled out here from RFC 9382, not by the code under test. */
START_TEST(p02_dhsk_of_the_vectors_is_the_hash_of_tt)
{
	const char *const points[] = {"pA", "pB", "K"};
	uint8_t tt[512], hash[SIZE_HASH], *p = tt;
	struct span span = {tt, 0};

	for (int i = 0; i < 2; i++) {
		const char *name = unit_vector(i == 0 ? "from" : "to");

		memset(p, 0, 8);
		*p = (uint8_t)strlen(name);
		memcpy(p + 8, name, strlen(name));
		p += 8 + strlen(name);
	}
	for (int i = 0; i < 3; i++, p += 8 + SIZE_POINT) {
		memset(p, 0, 8);
		*p = SIZE_POINT;
		unit_vector_bytes(points[i], p + 8, SIZE_POINT);
	}
	memset(p, 0, 8);
	*p = SIZE_SCALAR;
	unit_vector_bytes("w", p + 8, SIZE_SCALAR);
	span.len = (size_t)(p + 8 + SIZE_SCALAR - tt);
	ck_assert_int_eq(suite_sha256(&pair.suite, &span, 1, hash), 0);
	ck_assert_hex_eq(hash, SIZE_HASH, unit_vector("DHSK"));
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = {
	    p02_all_frames_of_a_session_are_the_vectors,
	    p02_a_batch_is_the_vector,
	    p02_initiator_alone_sends_the_vectors,
	    p02_responder_alone_sends_the_vectors,
	    p02_responder_hands_over_the_message_of_the_vectors,
	    p02_listed_is_what_the_keyholder_says,
	    p02_w_and_shares_are_the_vectors,
	    p02_both_sides_agree_on_the_dhsk_of_the_vectors,
	    p02_both_sides_have_the_keys_of_the_vectors,
	    p02_transcripts_are_the_vectors,
	    p02_proofs_and_ciphertext_are_the_vectors,
	    p02_the_receipt_is_the_vector,
	    p02_dhsk_of_the_vectors_is_the_hash_of_tt,
	};

	return unit_run(&(struct unit){
	    "vectors", tests, COUNT(tests), pair_setup, pair_teardown});
}
