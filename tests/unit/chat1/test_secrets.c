/* Neither the structures of the roles nor their stack keep secrets longer. */
#include "tests/unit/pair.h"
#include "tests/unit/stack.h"

/* The secrets of the session in chat1.json, in hexadecimal or as text. */
static const struct secret {
	const char *key;
	bool text;
	size_t size; /* of the bytes, or of the part that is stored */
} password_from = {"password_from", true, 0},
  password_to = {"password_to", true, 0}, text = {"text", true, 0},
  w = {"w", false, SIZE_SCALAR}, x = {"x", false, SIZE_SCALAR},
  dhsk = {"DHSK", false, SIZE_HASH}, k = {"K", false, SIZE_POINT},
  enc_key = {"enc_key", false, SIZE_HASH}, iv32 = {"IV32", false, SIZE_HASH},
  hmac_key = {"HMAC_key", false, SIZE_HASH},
  chap_secret = {"CHAP_SECRET", false, SIZE_HASH};

static const struct secret *const all[] = {&password_from, &password_to, &text,
    &w, &x, &dhsk, &k, &enc_key, &iv32, &hmac_key, &chap_secret};

static size_t
read_secret(const struct secret *secret, uint8_t bytes[SIZE_POINT])
{
	const char *value = unit_vector(secret->key);
	size_t len = secret->text ? strlen(value) : secret->size;

	if (secret->text)
		memcpy(bytes, value, len);
	else
		unit_vector_bytes(secret->key, bytes, len);
	return len;
}

/* Whether eight bytes in a row of a secret are somewhere in memory. */
static bool
holds(const void *memory, size_t size, const struct secret *secret)
{
	uint8_t bytes[SIZE_POINT];
	size_t len = read_secret(secret, bytes);

	for (size_t i = 0; i + 8 <= len; i++)
		if (memmem(memory, size, bytes + i, 8) != NULL)
			return true;
	return false;
}

static bool
initiator_holds(const struct secret *secret)
{
	return holds(&pair.at.initiator, sizeof(pair.at.initiator), secret);
}

static bool
responder_holds(const struct secret *secret)
{
	return holds(&pair.at.responder, sizeof(pair.at.responder), secret);
}

static void
expect_none(const void *memory, size_t size)
{
	for (size_t i = 0; i < COUNT(all); i++)
		ck_assert_msg(
		    !holds(memory, size, all[i]), "%s is left", all[i]->key);
}

static void
expect_initiator_wiped(void)
{
	expect_none(&pair.at.initiator, sizeof(pair.at.initiator));
}

static void
expect_responder_wiped(void)
{
	expect_none(&pair.at.responder, sizeof(pair.at.responder));
}

/* Checks before each call and at the end. */
static void
reach(int step)
{
	pair_fill();
	pair_open();
	pair_reach((enum step)step);
}

START_TEST(initiator_never_holds_passwords_and_drops_w_and_x)
{
	ck_assert(!initiator_holds(&password_to));
	ck_assert(initiator_holds(&w));
	ck_assert(initiator_holds(&x));
	ck_assert(!initiator_holds(&password_from));
	reach(STEP_CHALLENGE + 1);
	ck_assert(!initiator_holds(&password_to));
	ck_assert(!initiator_holds(&w));
	ck_assert(!initiator_holds(&x));
	ck_assert(!initiator_holds(&dhsk));
	ck_assert(!initiator_holds(&k));
}
END_TEST

START_TEST(initiator_drops_the_key_with_the_text)
{
	reach(STEP_TEXT);
	ck_assert(initiator_holds(&enc_key));
	reach(STEP_TEXT + 1);
	ck_assert(!initiator_holds(&enc_key));
	ck_assert(!initiator_holds(&text));
}
END_TEST

START_TEST(initiator_is_wiped_by_close_in_every_state)
{
	for (int step = 0; step <= STEPS; step++) {
		reach(step);
		initiator_close(&pair.at.initiator);
		expect_initiator_wiped();
		initiator_close(&pair.at.initiator);
		expect_initiator_wiped();
	}
}
END_TEST

START_TEST(initiator_is_wiped_by_a_refused_frame)
{
	for (int n = 2; n <= FRAMES; n += 2) {
		reach(reader_of[n]);
		pair.frames[n].bytes[0] ^= 1;
		ck_assert_int_ne(pair_step(reader_of[n]), 0);
		expect_initiator_wiped();
	}
}
END_TEST

START_TEST(initiator_is_wiped_by_a_bad_point)
{
	uint8_t payload[CHALLENGE_LEN] = {CHAT1_VERSION, 4};

	reach(STEP_CHALLENGE);
	pair_forge_payload(2, payload, sizeof(payload));
	ck_assert_int_eq(pair_step(STEP_CHALLENGE), CHAT_EMALFORMED);
	expect_initiator_wiped();
}
END_TEST

START_TEST(initiator_is_wiped_by_a_nack)
{
	const uint8_t reason = NACK_BUSY;
	const struct frame nack = {.type = FRAME_NACK,
	    .time = 0,
	    .payload = &reason,
	    .payload_len = 1};

	for (int n = 2; n <= FRAMES; n += 2) {
		struct frame frame = nack;

		reach(reader_of[n]);
		frame.has_mac = n == 6;
		pair_forge(n, &frame, &pair.frames[n]);
		ck_assert_int_eq(pair_step(reader_of[n]), CHAT_EBUSY);
		expect_initiator_wiped();
	}
}
END_TEST

START_TEST(initiator_is_wiped_by_a_call_out_of_order)
{
	for (int step = STEP_HELLO + 1; step <= STEPS; step++) {
		reach(step);
		ck_assert_int_eq(pair_step(STEP_HELLO), CHAT_EINTERNAL);
		expect_initiator_wiped();
	}
}
END_TEST

START_TEST(initiator_that_does_not_open_is_wiped)
{
	static char longer[LIMIT_PASSWORD + 2];
	struct initiator_input input = pair.input;
	struct initiator *i = &pair.at.initiator;

	memset(input.scalar, 0, SIZE_SCALAR);
	ck_assert_int_eq(
	    initiator_open(i, &pair.suite, pair.spake2, &input), CHAT_ESCALAR);
	expect_initiator_wiped();
	ck_assert_int_eq(
	    initiator_open(i, &pair.suite, pair.spake2, &pair.input), 0);
	memset(longer, 'a', LIMIT_PASSWORD + 1);
	input = pair.input;
	input.password_to = longer;
	ck_assert_int_eq(
	    initiator_open(i, &pair.suite, pair.spake2, &input), CHAT_ETOOLONG);
	expect_initiator_wiped();
	ck_assert_int_eq(pair_step(STEP_HELLO), CHAT_EINTERNAL);
}
END_TEST

START_TEST(responder_holds_keys_and_text_for_as_long_as_it_needs_them)
{
	reach(STEP_RESPONSE);
	ck_assert(!responder_holds(&enc_key));
	reach(STEP_ACK);
	ck_assert(responder_holds(&hmac_key));
	ck_assert(responder_holds(&text));
}
END_TEST

START_TEST(responder_never_holds_what_is_the_keyholders)
{
	static const struct secret *const foreign[] = {
	    &password_from, &password_to, &w, &dhsk, &k};

	for (int step = 0; step <= STEPS; step++) {
		reach(step);
		for (size_t i = 0; i < COUNT(foreign); i++)
			ck_assert(!responder_holds(foreign[i]));
	}
}
END_TEST

START_TEST(responder_is_wiped_by_close_in_every_state)
{
	for (int step = 0; step <= STEPS; step++) {
		reach(step);
		responder_close(&pair.at.responder);
		expect_responder_wiped();
		responder_close(&pair.at.responder);
		expect_responder_wiped();
	}
}
END_TEST

START_TEST(responder_is_wiped_by_close_after_failure)
{
	for (int n = 1; n <= FRAMES; n += 2) {
		reach(reader_of[n]);
		pair.frames[n].bytes[pair.frames[n].len - 40] ^= 1;
		ck_assert_int_ne(pair_step(reader_of[n]), 0);
		responder_close(&pair.at.responder);
		expect_responder_wiped();
	}
}
END_TEST

/* A text that is refused after decryption is wiped. */
START_TEST(responder_is_wiped_of_a_refused_text)
{
	pair.text = "hello, alice\xff";
	pair.text_len = strlen(pair.text);
	pair_expect(STEP_READ_TEXT, CHAT_ETEXT);
	responder_close(&pair.at.responder);
	expect_responder_wiped();
}
END_TEST

static void
take_step(void)
{
	ck_assert_int_eq(pair_step(pair.at.next++), 0);
}

/* Makes the steps of a session on a stack of their own. */
START_TEST(p32_no_role_leaves_a_key_on_the_stack)
{
	static const struct secret *const keys[] = {
	    &dhsk, &k, &password_to, &enc_key, &iv32, &hmac_key, &chap_secret};
	uint8_t bytes[SIZE_POINT];

#ifdef __SANITIZE_ADDRESS__ /* it makes stack frames of its own */
	return;
#endif
	stack_setup();
	while (pair.at.next < STEPS) {
		enum step step = pair.at.next;

		stack_run(take_step);
		for (size_t i = 0; i < COUNT(keys); i++)
			ck_assert_msg(
			    !stack_holds(bytes, read_secret(keys[i], bytes)),
			    "%s is left by step %d", keys[i]->key, (int)step);
	}
	stack_teardown();
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = {
	    initiator_never_holds_passwords_and_drops_w_and_x,
	    initiator_drops_the_key_with_the_text,
	    initiator_is_wiped_by_close_in_every_state,
	    initiator_is_wiped_by_a_refused_frame,
	    initiator_is_wiped_by_a_bad_point,
	    initiator_is_wiped_by_a_nack,
	    initiator_is_wiped_by_a_call_out_of_order,
	    initiator_that_does_not_open_is_wiped,
	    responder_holds_keys_and_text_for_as_long_as_it_needs_them,
	    responder_never_holds_what_is_the_keyholders,
	    responder_is_wiped_by_close_in_every_state,
	    responder_is_wiped_by_close_after_failure,
	    responder_is_wiped_of_a_refused_text,
	    p32_no_role_leaves_a_key_on_the_stack,
	};

	return unit_run(&(struct unit){
	    "secrets", tests, COUNT(tests), pair_setup, pair_teardown});
}
