/* The payload of an ack. */
#include "common/chat1/receipt.h"

#include "common/chat1/seal.h"
#include "tests/unit/pair.h"

static const struct receipt given = {
    .seq = 0x0102030405060708, .head = {9, 8, 7}};
static struct keys keys;
static uint8_t ciphertext[RECEIPT_LEN];

/* The keys of a session, and a receipt encrypted with them. */
static void
setup(void)
{
	pair_setup();
	pair_reach(STEP_ACK);
	keys = pair.at.responder.exchange.keys;
	ck_assert_int_eq(
	    receipt_seal(&pair.suite, &keys, &given, ciphertext), 0);
}

static int
open_it(size_t len)
{
	struct receipt receipt;

	return receipt_open(&pair.suite, &keys, ciphertext, len, &receipt);
}

/* Encrypts len bytes as a receipt is. */
static void
seal_bytes(size_t len)
{
	const uint8_t bytes[RECEIPT_LEN] = {0};
	struct keys reply;
	size_t ciphertext_len;

	ck_assert_int_eq(keys_reply(&pair.suite, &keys, &reply), 0);
	ck_assert_int_eq(seal_encrypt(&pair.suite, &reply, bytes, len,
			     ciphertext, sizeof(ciphertext), &ciphertext_len),
	    0);
	ck_assert_uint_eq(ciphertext_len, sizeof(ciphertext));
}

START_TEST(it_comes_back)
{
	struct receipt receipt;

	ck_assert_int_eq(receipt_open(&pair.suite, &keys, ciphertext,
			     sizeof(ciphertext), &receipt),
	    0);
	ck_assert_uint_eq(receipt.seq, given.seq);
	ck_assert_mem_eq(receipt.head, given.head, SIZE_HASH);
}
END_TEST

START_TEST(p11_other_lengths_are_malformed)
{
	for (size_t len = 0; len < sizeof(ciphertext); len++)
		ck_assert_int_eq(open_it(len), CHAT_EMALFORMED);
	for (size_t len = 32; len < sizeof(ciphertext); len++) {
		seal_bytes(len);
		ck_assert_int_eq(open_it(sizeof(ciphertext)),
		    len == 40 ? 0 : CHAT_EMALFORMED);
	}
}
END_TEST

START_TEST(p11_a_wrong_padding_is_malformed)
{
	ciphertext[31] ^= 1; /* the last byte of the padding follows */
	ck_assert_int_eq(open_it(sizeof(ciphertext)), CHAT_EMALFORMED);
}
END_TEST

/* No key encrypts twice: neither that of the text, nor one without a proof. */
START_TEST(its_key_is_no_other)
{
	struct keys reply;

	ck_assert_int_eq(keys_reply(&pair.suite, &keys, &reply), 0);
	ck_assert_mem_ne(reply.enc_key, keys.enc_key, SIZE_HASH);
	ck_assert_mem_ne(reply.iv, keys.iv, SIZE_BLOCK);
	keys.chap_secret[0] ^= 1;
	ck_assert_int_eq(open_it(sizeof(ciphertext)), CHAT_EMALFORMED);
}
END_TEST

START_TEST(the_keys_of_the_session_stay_as_they_are)
{
	struct keys before = pair.at.responder.exchange.keys;

	ck_assert_mem_eq(&keys, &before, sizeof(keys));
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = {
	    it_comes_back,
	    p11_other_lengths_are_malformed,
	    p11_a_wrong_padding_is_malformed,
	    its_key_is_no_other,
	    the_keys_of_the_session_stay_as_they_are,
	};

	return unit_run(&(struct unit){
	    "receipt", tests, COUNT(tests), setup, pair_teardown});
}
