/* What both roles do with a frame: type, MAC, transcript. */
#include "common/base/error.h"
#include "common/chat1/exchange.h"
#include "tests/unit/line.h"

static struct suite suite;
static struct exchange sender, listener; /* two ends with the same keys */
static struct line line;
static uint8_t payload[LIMIT_CIPHERTEXT + 1];

static void
setup(void)
{
	uint8_t enc_key[SIZE_HASH];

	ck_assert_int_eq(suite_open(&suite), 0);
	ck_assert_int_eq(
	    exchange_start(&sender, &suite, SENDER_TO_LISTENER), 0);
	ck_assert_int_eq(
	    exchange_start(&listener, &suite, LISTENER_TO_SENDER), 0);
	unit_vector_bytes("enc_key", enc_key, sizeof(enc_key));
	ck_assert_int_eq(keys_expand(&suite, enc_key, &sender.keys), 0);
	ck_assert_int_eq(keys_expand(&suite, enc_key, &listener.keys), 0);
}

static void
teardown(void)
{
	suite_close(&suite);
}

/* Returns a frame with a payload of so many bytes of 0x55. */
static struct frame
frame_of(enum frame_type type, size_t len, bool has_mac)
{
	memset(payload, 0x55, len);
	return (struct frame){.type = type,
	    .time = 1767323045,
	    .payload = payload,
	    .payload_len = len,
	    .has_mac = has_mac};
}

/* The sender encodes the frame; the listener decodes it. */
static struct frame
sent(struct frame frame)
{
	struct frame read;

	ck_assert_int_eq(exchange_encode(&sender, &frame, &line), 0);
	ck_assert_int_eq(line_decode(&line, &read), 0);
	return read;
}

START_TEST(an_exchange_starts_without_keys_at_t0)
{
	static const struct keys none;
	struct exchange exchange;

	memset(&exchange, 0xff, sizeof(exchange));
	ck_assert_int_eq(
	    exchange_start(&exchange, &suite, SENDER_TO_LISTENER), 0);
	ck_assert_mem_eq(&exchange.keys, &none, sizeof(none));
	ck_assert_hex_eq(exchange.transcript.hash, SIZE_HASH, unit_vector_t(0));
}
END_TEST

START_TEST(a_wiped_exchange_has_no_keys)
{
	static const struct keys none;

	exchange_wipe(&sender);
	ck_assert_mem_eq(&sender.keys, &none, sizeof(none));
}
END_TEST

/* Each type where each type is expected, with and without a MAC. */
START_TEST(p09_a_type_is_read_with_the_protection_it_demands)
{
	struct frame frame, read;

	for (int type = FRAME_HELLO; type <= FRAME_LINES; type++)
		for (int asked = FRAME_HELLO; asked <= FRAME_NACK; asked++)
			for (int has_mac = 0; has_mac < 2; has_mac++) {
				bool right = (type == asked ||
						 (type == FRAME_LINES &&
						     asked == FRAME_TEXT)) &&
				    (has_mac == 1) ==
					(asked >= FRAME_RESPONSE &&
					    asked <= FRAME_ACK);

				frame = frame_of(
				    (enum frame_type)type, 3, has_mac == 1);
				ck_assert_int_eq(
				    exchange_encode(&sender, &frame, &line), 0);
				ck_assert_int_eq(
				    exchange_decode(&line,
					(enum frame_type)asked, &read, payload,
					sizeof(payload)),
				    right ? 0 : CHAT_EMALFORMED);
			}
}
END_TEST

START_TEST(p11_a_long_line_is_read_as_a_text_only)
{
	struct frame frame = frame_of(FRAME_TEXT, 2000, true), read;

	ck_assert_int_eq(exchange_encode(&sender, &frame, &line), 0);
	for (int type = FRAME_HELLO; type <= FRAME_NACK; type++)
		ck_assert_int_eq(exchange_decode(&line, (enum frame_type)type,
				     &read, payload, sizeof(payload)),
		    type == FRAME_TEXT ? 0 : CHAT_EMALFORMED);
}
END_TEST

START_TEST(what_one_end_proves_the_other_verifies)
{
	for (int type = FRAME_RESPONSE; type <= FRAME_NACK; type++) {
		struct transcript before = listener.transcript;
		struct frame read =
		    sent(frame_of((enum frame_type)type, 9, true));

		ck_assert_int_eq(
		    exchange_verify(&listener, &before, &line, &read), 0);
		ck_assert_int_eq(exchange_absorb(&listener, &line), 0);
		ck_assert_mem_eq(
		    &listener.transcript, &sender.transcript, sizeof(before));
	}
}
END_TEST

START_TEST(p04_an_end_does_not_verify_what_it_sent)
{
	struct transcript before = sender.transcript;
	struct frame read = sent(frame_of(FRAME_TEXT, 16, true));

	ck_assert_int_eq(
	    exchange_verify(&sender, &before, &line, &read), CHAT_EAUTH);
}
END_TEST

START_TEST(every_bit_of_the_transcript_and_the_key_counts)
{
	struct transcript before = listener.transcript;
	struct frame read = sent(frame_of(FRAME_TEXT, 16, true));

	for (size_t bit = 0; bit < 8 * SIZE_HASH; bit++) {
		uint8_t flip = (uint8_t)(1 << bit % 8);

		before.hash[bit / 8] ^= flip;
		ck_assert_int_eq(
		    exchange_verify(&listener, &before, &line, &read),
		    CHAT_EAUTH);
		before.hash[bit / 8] ^= flip;
		listener.keys.hmac_key[bit / 8] ^= flip;
		ck_assert_int_eq(
		    exchange_verify(&listener, &before, &line, &read),
		    CHAT_EAUTH);
		listener.keys.hmac_key[bit / 8] ^= flip;
	}
	ck_assert_int_eq(exchange_verify(&listener, &before, &line, &read), 0);
}
END_TEST

START_TEST(a_frame_without_a_mac_is_never_verified)
{
	struct transcript before = listener.transcript;
	struct frame read = sent(frame_of(FRAME_NACK, 1, false));

	ck_assert_int_eq(
	    exchange_verify(&listener, &before, &line, &read), CHAT_EAUTH);
	before = sender.transcript;
	read = sent(frame_of(FRAME_TEXT, 16, true));
	read.has_mac = false;
	ck_assert_int_eq(
	    exchange_verify(&listener, &before, &line, &read), CHAT_EAUTH);
}
END_TEST

/* frame->mac is ignored, and the caller's frame does not change. */
START_TEST(sending_makes_its_own_mac)
{
	struct frame frame = frame_of(FRAME_ACK, 0, true), again = frame;
	struct exchange copy = sender;
	struct line other;

	memset(again.mac, 0x77, SIZE_HASH);
	ck_assert_int_eq(exchange_encode(&sender, &frame, &line), 0);
	ck_assert_int_eq(exchange_encode(&copy, &again, &other), 0);
	ck_assert_uint_eq(line.len, other.len);
	ck_assert_mem_eq(line.bytes, other.bytes, line.len);
	ck_assert(again.has_mac);
}
END_TEST

START_TEST(p11_sending_keeps_to_the_limits)
{
	struct frame frame = frame_of(FRAME_HELLO, 1000, false);

	ck_assert_int_eq(
	    exchange_encode(&sender, &frame, &line), CHAT_ETOOLONG);
	frame = frame_of(FRAME_TEXT, LIMIT_CIPHERTEXT, true);
	ck_assert_int_eq(exchange_encode(&sender, &frame, &line), 0);
	frame = frame_of(FRAME_TEXT, LIMIT_CIPHERTEXT + 1, true);
	ck_assert_int_eq(
	    exchange_encode(&sender, &frame, &line), CHAT_ETOOLONG);
	frame = frame_of(FRAME_ACK, 0, true);
	frame.time = INT64_MAX;
	ck_assert_int_eq(
	    exchange_encode(&sender, &frame, &line), CHAT_EMALFORMED);
}
END_TEST

/* No line is sent that its reader would have to refuse; the MAC counts too. */
START_TEST(p11_the_mac_counts_against_the_limit)
{
	struct frame frame;
	int error;

	for (size_t len = 500; len < 700; len++) {
		frame = frame_of(FRAME_RESPONSE, len, true);
		error = exchange_encode(&sender, &frame, &line);
		ck_assert_msg(error == CHAT_ETOOLONG || line.len <= LIMIT_FRAME,
		    "a response of %zu bytes is sent", line.len);
	}
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = {
	    an_exchange_starts_without_keys_at_t0,
	    a_wiped_exchange_has_no_keys,
	    p09_a_type_is_read_with_the_protection_it_demands,
	    p11_a_long_line_is_read_as_a_text_only,
	    what_one_end_proves_the_other_verifies,
	    p04_an_end_does_not_verify_what_it_sent,
	    every_bit_of_the_transcript_and_the_key_counts,
	    a_frame_without_a_mac_is_never_verified,
	    sending_makes_its_own_mac,
	    p11_sending_keeps_to_the_limits,
	    p11_the_mac_counts_against_the_limit,
	};

	return unit_run(
	    &(struct unit){"exchange", tests, COUNT(tests), setup, teardown});
}
