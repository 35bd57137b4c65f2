/* Texts in a session: lengths and forms; versions; lengths of payloads. */
#include <openssl/evp.h>

#include "common/chat1/seal.h"
#include "tests/unit/pair.h"

static char text[LIMIT_CIPHERTEXT + 1];

/* Sends a text. Returns what the responder says. */
static int
send_text(const char *bytes, size_t len)
{
	pair_fill();
	pair_open();
	pair.text = bytes;
	pair.text_len = len;
	pair_reach(STEP_READ_TEXT);
	return pair_step(STEP_READ_TEXT);
}

static void
expect_text(const char *bytes, size_t len)
{
	const struct message *message = &pair.at.responder.message;

	ck_assert_int_eq(send_text(bytes, len), 0);
	ck_assert_uint_eq(message->len, len);
	ck_assert_mem_eq(message->text, bytes, len);
	pair.at.next = STEP_ACK;
	pair_reach(STEPS);
}

/* Encrypts whole blocks without padding, as a malicious peer could. */
static void
encrypt_blocks(const void *plain, size_t len, uint8_t *ciphertext)
{
	const struct keys *keys = &pair.at.initiator.exchange.keys;
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	int n;

	ck_assert_int_eq(EVP_EncryptInit_ex2(ctx, EVP_aes_256_cbc(),
			     keys->enc_key, keys->iv, NULL),
	    1);
	ck_assert_int_eq(EVP_CIPHER_CTX_set_padding(ctx, 0), 1);
	ck_assert_int_eq(
	    EVP_EncryptUpdate(ctx, ciphertext, &n, plain, (int)len), 1);
	ck_assert_int_eq(n, (int)len);
	EVP_CIPHER_CTX_free(ctx);
}

/* Returns what the responder says to this plaintext, padding included. */
static int
send_blocks(const void *plain, size_t len)
{
	static uint8_t ciphertext[LIMIT_CIPHERTEXT];
	struct frame frame = {.type = FRAME_TEXT,
	    .time = pair_time(),
	    .payload = ciphertext,
	    .payload_len = len,
	    .has_mac = true};

	pair_fill();
	pair_open();
	pair_reach(STEP_TEXT);
	encrypt_blocks(plain, len, ciphertext);
	pair_forge(5, &frame, &pair.frames[5]);
	return pair_step(STEP_READ_TEXT);
}

/* Returns what the responder says to this payload with a right MAC. */
static int
send_payload(const void *payload, size_t len)
{
	pair_fill();
	pair_open();
	pair_reach(STEP_READ_TEXT);
	pair_forge_payload(5, payload, len);
	return pair_step(STEP_READ_TEXT);
}

START_TEST(p11_texts_of_every_length_around_a_block)
{
	memset(text, 'a', sizeof(text));
	for (size_t len = 1; len <= 50; len++)
		expect_text(text, len);
	for (size_t len = LIMIT_TEXT - 17; len <= LIMIT_TEXT; len++)
		expect_text(text, len);
}
END_TEST

START_TEST(p11_an_empty_text_is_refused)
{
	ck_assert_int_eq(send_text("", 0), CHAT_ETEXT);
	ck_assert(!pair.at.shown);
}
END_TEST

START_TEST(p11_a_text_over_the_limit_is_not_sent)
{
	memset(text, 'a', sizeof(text));
	pair_reach(STEP_TEXT);
	pair.text = text;
	pair.text_len = LIMIT_TEXT + 1;
	ck_assert_int_eq(pair_step(STEP_TEXT), CHAT_ETOOLONG);
	ck_assert_int_eq(pair_step(STEP_TEXT), CHAT_EINTERNAL);
}
END_TEST

/* A text can be up to 15 bytes too long without another block. */
START_TEST(p11_a_text_over_the_limit_is_refused)
{
	for (size_t len = LIMIT_TEXT; len < LIMIT_CIPHERTEXT; len++) {
		memset(text, 'a', len);
		memset(text + len, (int)(LIMIT_CIPHERTEXT - len),
		    LIMIT_CIPHERTEXT - len);
		ck_assert_int_eq(send_blocks(text, LIMIT_CIPHERTEXT),
		    len == LIMIT_TEXT ? 0 : CHAT_ETOOLONG);
		ck_assert_int_eq(pair.at.shown, len == LIMIT_TEXT);
	}
}
END_TEST

START_TEST(texts_that_are_not_text_are_refused)
{
	static const struct span bad[] = {{"a\0b", 3}, {"\0", 1}, {"a\0", 2},
	    {"\xff", 1}, {"ab\xc3", 3}, {"\xc0\x80", 2}, {"\xed\xa0\x80", 3},
	    {"\xf4\x90\x80\x80", 4}, {"\x80", 1}};

	for (size_t i = 0; i < COUNT(bad); i++) {
		ck_assert_int_eq(
		    send_text(bad[i].data, bad[i].len), CHAT_ETEXT);
		ck_assert(!pair.at.shown);
	}
	expect_text("\t\n\x1b[31m \xc3\xa9\xf0\x9f\x98\x80", 14);
}
END_TEST

/* Returns what the responder says to this text, sent as a batch. */
static int
send_batch(const char *lines)
{
	pair_fill();
	pair_open();
	pair.batch = true;
	pair.text = lines;
	pair.text_len = strlen(lines);
	pair_reach(STEP_READ_TEXT);
	return pair_step(STEP_READ_TEXT);
}

START_TEST(p11_a_batch_that_is_not_lines_is_refused)
{
	static const char *const bad[] = {"a", "a\n", "\na", "a\n\nb", "\n"};

	for (size_t i = 0; i < COUNT(bad); i++) {
		ck_assert_int_eq(send_batch(bad[i]), CHAT_ETEXT);
		ck_assert(!pair.at.shown);
	}
	ck_assert_int_eq(send_batch("a\nb\nc"), 0);
	ck_assert_uint_eq(pair.at.responder.message.lines, 3);
	pair.batch = false;
	expect_text("a\nb\nc", 5); /* the same bytes as a text */
	ck_assert_uint_eq(pair.at.responder.message.lines, 0);
}
END_TEST

/* The type is under the MAC: nobody makes a batch of a text. */
START_TEST(p01_the_type_of_a_text_cannot_be_changed)
{
	struct frame frame;

	for (int batch = 0; batch < 2; batch++) {
		pair_fill();
		pair_open();
		pair.text = "a\nb";
		pair.text_len = 3;
		pair.batch = batch == 1;
		pair_reach(STEP_READ_TEXT);
		pair_decode(&pair.frames[5], &frame);
		frame.type = batch == 1 ? FRAME_TEXT : FRAME_LINES;
		ck_assert_int_eq(frame_encode(&frame, &pair.frames[5]), 0);
		ck_assert_int_eq(pair_step(STEP_READ_TEXT), CHAT_EAUTH);
	}
}
END_TEST

START_TEST(every_wrong_padding_is_refused)
{
	uint8_t block[2 * SIZE_BLOCK];

	for (int last = 0; last < 256; last++) {
		memset(block, 'a', sizeof(block));
		memset(block + SIZE_BLOCK, last, SIZE_BLOCK);
		ck_assert_int_eq(send_blocks(block, sizeof(block)),
		    last >= 1 && last <= SIZE_BLOCK ? 0 : CHAT_EMALFORMED);
	}
	for (int count = 2; count <= SIZE_BLOCK; count++)
		for (int wrong = 2; wrong <= count; wrong++) {
			memset(block, 'a', sizeof(block));
			memset(block + sizeof(block) - count, count,
			    (size_t)count);
			block[sizeof(block) - (size_t)wrong] ^= 0x40;
			ck_assert_int_eq(
			    send_blocks(block, sizeof(block)), CHAT_EMALFORMED);
		}
}
END_TEST

START_TEST(p11_ciphertext_of_a_wrong_length_is_refused)
{
	static const uint8_t zero[40];

	for (size_t len = 0; len < sizeof(zero); len++)
		if (len % SIZE_BLOCK != 0 || len == 0)
			ck_assert_int_eq(
			    send_payload(zero, len), CHAT_EMALFORMED);
}
END_TEST

/*
 * A wrong padding makes no difference if the MAC is wrong: the MAC comes first.
 */
START_TEST(the_mac_comes_before_the_decryption)
{
	static const uint8_t zero[SIZE_BLOCK];
	struct frame frame;

	ck_assert_int_eq(send_payload(zero, sizeof(zero)), CHAT_EMALFORMED);
	pair_fill();
	pair_open();
	pair_reach(STEP_READ_TEXT);
	pair_decode(&pair.frames[5], &frame);
	frame.payload = zero;
	ck_assert_int_eq(frame_encode(&frame, &pair.frames[5]), 0);
	ck_assert_int_eq(pair_step(STEP_READ_TEXT), CHAT_EAUTH);
}
END_TEST

/* The time of a text counts only after the MAC has proven it. */
START_TEST(p12_the_mac_comes_before_the_clock_of_a_text)
{
	struct frame frame;

	pair_reach(STEP_READ_TEXT);
	pair_decode(&pair.frames[5], &frame);
	frame.time += LIMIT_CLOCK_SKEW + 1;
	ck_assert_int_eq(frame_encode(&frame, &pair.frames[5]), 0);
	ck_assert_int_eq(pair_step(STEP_READ_TEXT), CHAT_EAUTH);
}
END_TEST

/* Payloads of all lengths, with right MACs. */
START_TEST(p11_payloads_of_a_wrong_length_are_refused)
{
	static const size_t right[FRAMES + 1] = {
	    0, 0, CHALLENGE_LEN, RESPONSE_LEN, SIZE_HASH, 0, RECEIPT_LEN};
	static uint8_t payload[300];
	struct frame frame;

	for (int n = 2; n <= FRAMES; n += n == 4 ? 2 : 1)
		for (size_t len = 0; len < sizeof(payload); len++) {
			if (len == right[n])
				continue;
			pair_fill();
			pair_open();
			pair_reach(reader_of[n]);
			pair_decode(&pair.frames[n], &frame);
			memcpy(payload, frame.payload, frame.payload_len);
			pair_forge_payload(n, payload, len);
			ck_assert_int_eq(pair_step(reader_of[n]),
			    n == 6 ? CHAT_EUNCONFIRMED : CHAT_EMALFORMED);
		}
}
END_TEST

/* Sets the version byte of frame n, 1 or 2. Returns what its reader says. */
static int
send_version(int n, uint8_t version)
{
	uint8_t payload[LIMIT_FRAME];
	struct frame frame;

	pair_fill();
	pair_open();
	pair_reach(reader_of[n]);
	pair_decode(&pair.frames[n], &frame);
	memcpy(payload, frame.payload, frame.payload_len);
	payload[0] = version;
	pair_forge_payload(n, payload, frame.payload_len);
	return pair_step(reader_of[n]);
}

START_TEST(every_other_version_is_refused)
{
	for (int n = 1; n <= 2; n++)
		for (int version = 0; version < 256; version++) {
			ck_assert_int_eq(send_version(n, (uint8_t)version),
			    version == 1 ? 0 : CHAT_EVERSION);
			ck_assert_int_eq(
			    pair.at.holder.begun, n == 2 || version == 1);
		}
}
END_TEST

/* Another version may have another form and length. */
START_TEST(another_version_of_another_length_is_told_apart)
{
	static const uint8_t two[300] = {2};

	for (int n = 1; n <= 2; n++)
		for (size_t len = 1; len <= sizeof(two); len += 13) {
			pair_fill();
			pair_open();
			pair_reach(reader_of[n]);
			pair_forge_payload(n, two, len);
			ck_assert_int_eq(
			    pair_step(reader_of[n]), CHAT_EVERSION);
		}
}
END_TEST

START_TEST(p11_names_and_passwords_at_their_limits)
{
	static char from[LIMIT_NAME + 2], to[LIMIT_NAME + 2];
	static char pf[LIMIT_PASSWORD + 2], pt[LIMIT_PASSWORD + 2];

	memset(from, 'f', LIMIT_NAME);
	memset(to, 't', LIMIT_NAME);
	memset(pf, 'p', LIMIT_PASSWORD);
	memset(pt, 'q', LIMIT_PASSWORD);
	pair.input.from = from;
	pair.input.to = pair.at.holder.name = to;
	pair.input.password_from = pair.at.holder.password_from = pf;
	pair.input.password_to = pair.at.holder.password_to = pt;
	pair_open();
	pair_reach(STEPS);
	ck_assert_str_eq(pair.at.responder.message.from, from);
	ck_assert_str_eq(pair.at.responder.message.to, to);
}
END_TEST

/* One byte too long: 0 from, 1 to, 2 password_from, 3 password_to. */
START_TEST(p11_names_and_passwords_over_their_limits_are_refused)
{
	static char name[LIMIT_NAME + 2], password[LIMIT_PASSWORD + 2];

	memset(name, 'n', LIMIT_NAME + 1);
	memset(password, 'p', LIMIT_PASSWORD + 1);
	for (int which = 0; which < 4; which++) {
		pair_fill();
		if (which == 0)
			pair.input.from = name;
		if (which == 1)
			pair.input.to = name;
		if (which == 2)
			pair.input.password_from = password;
		if (which == 3)
			pair.input.password_to = password;
		ck_assert_msg(initiator_open(&pair.at.initiator, &pair.suite,
				  pair.spake2, &pair.input) == CHAT_ETOOLONG,
		    "item %d is taken", which);
	}
}
END_TEST

/*
 * Returns a hello with this version, name and point, and so many seconds old.
 */
static int
send_hello(uint8_t version, const char *from, uint8_t form, int64_t age)
{
	uint8_t payload[HELLO_MAX], share[SIZE_POINT];
	const struct hello hello = {pair.input.drawn, from, "alice", share};
	size_t len;

	pair_fill();
	pair_open();
	memcpy(share, pair.at.initiator.party.share, SIZE_POINT);
	share[0] = form;
	len = payload_hello_pack(&hello, payload);
	payload[0] = version;
	pair_pass_time(STEP_READ_HELLO, age);
	pair_reach(STEP_READ_HELLO);
	pair_forge_payload(1, payload, len);
	return pair_step(STEP_READ_HELLO);
}

/* chat-protocol(7), FAILURES: the first check that fails decides. */
START_TEST(a_hello_is_checked_in_the_order_of_the_page)
{
	ck_assert_int_eq(send_hello(1, "bob", 4, 0), 0);
	ck_assert_int_eq(send_hello(2, "-", 5, 301), CHAT_EVERSION);
	ck_assert_int_eq(send_hello(1, "-", 5, 301), CHAT_EMALFORMED);
	ck_assert_int_eq(send_hello(1, "bob", 5, 301), CHAT_ECLOCK);
	ck_assert_int_eq(pair.at.holder.begun, 0);
	ck_assert_int_eq(send_hello(1, "bob", 5, 0), CHAT_EPOINT);
	ck_assert_int_eq(pair.at.holder.begun, 1);
}
END_TEST

START_TEST(a_response_is_checked_in_the_order_of_the_page)
{
	uint8_t wrong[RESPONSE_LEN] = {0};
	struct frame frame;

	for (int64_t age = 301; age >= 0; age -= 301) {
		pair_fill();
		pair_open();
		pair_pass_time(STEP_RESPONSE, age);
		pair_reach(STEP_RESPONSE);
		pair_decode(&pair.frames[3], &frame);
		frame.payload = wrong;
		ck_assert_int_eq(frame_encode(&frame, &pair.frames[3]), 0);
		/*
		 * Only a sender who has proven themselves is told that the
		 * clock is wrong.
		 */
		ck_assert_int_eq(pair_step(STEP_RESPONSE), CHAT_EAUTH);
		ck_assert_int_eq(pair.at.holder.verified, 1);
	}
}
END_TEST

START_TEST(a_text_is_checked_in_the_order_of_the_page)
{
	static const uint8_t zero[SIZE_BLOCK];
	struct frame frame;

	pair.clock[STEP_TEXT] += LIMIT_CLOCK_SKEW + 1;
	pair_reach(STEP_READ_TEXT);
	pair_forge_payload(5, zero, sizeof(zero)); /* a wrong padding too */
	ck_assert_int_eq(pair_step(STEP_READ_TEXT), CHAT_ECLOCK);
	pair_fill();
	pair_open();
	pair_reach(STEP_READ_TEXT);
	pair_decode(&pair.frames[5], &frame);
	frame.has_mac = false;
	frame.time += LIMIT_CLOCK_SKEW + 1;
	ck_assert_int_eq(frame_encode(&frame, &pair.frames[5]), 0);
	ck_assert_int_eq(pair_step(STEP_READ_TEXT), CHAT_EMALFORMED);
}
END_TEST

/* By how many digits the CRC is shorter than ten; for an ack, 0. */
static size_t
short_of_ten(const struct line *line)
{
	unsigned int crc;
	char spelled[16];
	int len;

	ck_assert_int_eq(
	    sscanf(strstr(line->bytes, "\"crc\":"), "\"crc\":%u", &crc), 1);
	len = snprintf(spelled, sizeof(spelled), "%u", crc);
	return crc == 0 ? 0 : 10 - (size_t)len;
}

/* chat-protocol(7), LIMITS: the longest lines that a valid peer sends. */
START_TEST(p11_the_longest_lines_are_those_of_the_page)
{
	static const size_t longest[FRAMES + 1] = {
	    0, 461, 313, 332, 287, 87645, 303};
	static char names[2][LIMIT_NAME + 1];

	ck_assert_uint_eq(LIMIT_TEXT_FRAME, 87645);
	memset(names[0], 'f', LIMIT_NAME);
	memset(names[1], 't', LIMIT_NAME);
	memset(text, 'a', sizeof(text));
	text[1] = '\n';
	pair.batch = true;
	pair.input.from = names[0];
	pair.input.to = pair.at.holder.name = names[1];
	pair.text = text;
	pair.text_len = LIMIT_TEXT;
	pair_open();
	pair_reach(STEPS);
	for (int n = 1; n <= FRAMES; n++) {
		struct line *line = &pair.frames[n];

		line->bytes[line->len - 1] = '\0'; /* for strstr() */
		ck_assert_uint_eq(line->len + short_of_ten(line), longest[n]);
	}
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = {
	    p11_texts_of_every_length_around_a_block,
	    p11_an_empty_text_is_refused,
	    p11_a_text_over_the_limit_is_not_sent,
	    p11_a_text_over_the_limit_is_refused,
	    texts_that_are_not_text_are_refused,
	    p11_a_batch_that_is_not_lines_is_refused,
	    p01_the_type_of_a_text_cannot_be_changed,
	    every_wrong_padding_is_refused,
	    p11_ciphertext_of_a_wrong_length_is_refused,
	    the_mac_comes_before_the_decryption,
	    p12_the_mac_comes_before_the_clock_of_a_text,
	    p11_payloads_of_a_wrong_length_are_refused,
	    every_other_version_is_refused,
	    another_version_of_another_length_is_told_apart,
	    p11_names_and_passwords_at_their_limits,
	    p11_names_and_passwords_over_their_limits_are_refused,
	    a_hello_is_checked_in_the_order_of_the_page,
	    a_response_is_checked_in_the_order_of_the_page,
	    a_text_is_checked_in_the_order_of_the_page,
	    p11_the_longest_lines_are_those_of_the_page,
	};

	return unit_run(&(struct unit){
	    "message", tests, COUNT(tests), pair_setup, pair_teardown});
}
