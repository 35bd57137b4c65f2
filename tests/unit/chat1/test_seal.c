/*
 * The encryption: known answers, property 25, padding, property 11. The answers
 * are from `openssl enc -aes-256-cbc -K 4041...5f -iv ca2a...`.
 */
#include <signal.h>

#include "common/base/error.h"
#include "common/chat1/seal.h"
#include "tests/unit/unit.h"

static struct suite suite;
static struct keys keys;
static uint8_t ciphertext[LIMIT_CIPHERTEXT + SIZE_BLOCK];
static uint8_t plain[LIMIT_CIPHERTEXT + SIZE_BLOCK];

/* Returns keys with an enc_key of 0x40, 0x41 and so on. */
static void
fresh_keys(void)
{
	uint8_t enc_key[SIZE_HASH];

	for (size_t i = 0; i < SIZE_HASH; i++)
		enc_key[i] = (uint8_t)(0x40 + i);
	ck_assert_int_eq(keys_expand(&suite, enc_key, &keys), 0);
}

static void
setup(void)
{
	ck_assert_int_eq(suite_open(&suite), 0);
	fresh_keys();
}

static void
teardown(void)
{
	suite_close(&suite);
}

/* Encrypts with fresh keys. Returns the length of the ciphertext. */
static size_t
encrypt(const void *text, size_t len)
{
	size_t ciphertext_len;

	fresh_keys();
	ck_assert_int_eq(seal_encrypt(&suite, &keys, text, len, ciphertext,
			     sizeof(ciphertext), &ciphertext_len),
	    0);
	fresh_keys();
	return ciphertext_len;
}

static int
decrypt(size_t len, size_t *text_len)
{
	return seal_decrypt(&suite, &keys, ciphertext, len, plain, text_len);
}

START_TEST(known_answers_of_openssl_enc)
{
	static const struct {
		const char *text, *ciphertext;
	} known[] = {
	    {"", "818cadb0f6d48d88f59b069ddd3447d9"},
	    {"a", "4ad1ca68e68f8c7f9f90c8ee55bee005"},
	    {"fifteen bytes!!", "6daa84a52416814dea739c7e4e3ca39d"},
	    {"sixteen bytes!!!",
		"a650442be1dd2b1ed8513d1e7bc20191"
		"b973cfbe7b01ae55e6e52e5988740503"},
	    {"seventeen bytes!!",
		"f2879db4af6b0be7b0e9e3f07de37acc"
		"5b866ea78a90c4b990da0329dbfdf423"},
	};
	size_t len, text_len;

	for (size_t i = 0; i < COUNT(known); i++) {
		len = encrypt(known[i].text, strlen(known[i].text));
		ck_assert_hex_eq(ciphertext, len, known[i].ciphertext);
		ck_assert_int_eq(decrypt(len, &text_len), 0);
		ck_assert_uint_eq(text_len, strlen(known[i].text));
		ck_assert_mem_eq(plain, known[i].text, text_len);
	}
}
END_TEST

/* `... | openssl enc ... | sha256sum` of 65,536 times "a". */
START_TEST(p11_known_answer_of_the_longest_text)
{
	static char text[LIMIT_TEXT];
	struct span span = {ciphertext, LIMIT_CIPHERTEXT};
	uint8_t hash[SIZE_HASH];

	memset(text, 'a', sizeof(text));
	ck_assert_uint_eq(encrypt(text, sizeof(text)), LIMIT_CIPHERTEXT);
	ck_assert_int_eq(suite_sha256(&suite, &span, 1, hash), 0);
	ck_assert_hex_eq(hash, SIZE_HASH,
	    "a98f6204204102c726d0351a678790d7"
	    "7b4fbafdc80de55a644f67908385f817");
}
END_TEST

START_TEST(p11_every_length_around_a_block_makes_the_round_trip)
{
	static char text[LIMIT_TEXT];
	size_t text_len;

	memset(text, 'b', sizeof(text));
	for (size_t len = 0; len <= LIMIT_TEXT; len++) {
		if (len == 70)
			len = LIMIT_TEXT - 35;
		ck_assert_uint_eq(
		    encrypt(text, len), (len / SIZE_BLOCK + 1) * SIZE_BLOCK);
		ck_assert_int_eq(
		    decrypt((len / SIZE_BLOCK + 1) * SIZE_BLOCK, &text_len), 0);
		ck_assert_uint_eq(text_len, len);
		ck_assert_mem_eq(plain, text, len);
	}
}
END_TEST

START_TEST(p11_a_longer_text_is_refused)
{
	static char text[LIMIT_TEXT + 1];
	size_t len;

	ck_assert_int_eq(seal_encrypt(&suite, &keys, text, sizeof(text),
			     ciphertext, sizeof(ciphertext), &len),
	    CHAT_ETOOLONG);
}
END_TEST

/* The buffer is on the heap, so that a sanitizer notices one byte too many. */
START_TEST(p11_room_for_the_ciphertext_is_needed)
{
	size_t ciphertext_len;

	for (size_t len = 0; len <= 33; len++)
		for (size_t size = 1; size <= 50; size++) {
			uint8_t *room = malloc(size);

			fresh_keys();
			ck_assert_int_eq(seal_encrypt(&suite, &keys, plain, len,
					     room, size, &ciphertext_len),
			    size < (len / SIZE_BLOCK + 1) * SIZE_BLOCK
				? CHAT_ETOOLONG
				: 0);
			free(room);
		}
}
END_TEST

START_TEST(decryption_needs_no_more_room_than_its_input)
{
	for (size_t len = 0; len <= 64; len++) {
		size_t ciphertext_len = encrypt(plain, len), text_len;
		uint8_t *room = malloc(ciphertext_len);

		ck_assert_int_eq(seal_decrypt(&suite, &keys, ciphertext,
				     ciphertext_len, room, &text_len),
		    0);
		ck_assert_uint_eq(text_len, len);
		free(room);
	}
}
END_TEST

START_TEST(p11_ciphertexts_of_a_wrong_length_are_refused)
{
	size_t text_len;

	ck_assert_uint_eq(encrypt("a", 1), SIZE_BLOCK);
	for (size_t len = 0; len <= 100; len++)
		if (len == 0 || len % SIZE_BLOCK != 0)
			ck_assert_int_eq(
			    decrypt(len, &text_len), CHAT_EMALFORMED);
	ck_assert_int_eq(
	    decrypt(LIMIT_CIPHERTEXT - 1, &text_len), CHAT_EMALFORMED);
}
END_TEST

/*
 * seal_encrypt() would not make this: one block too many, with valid padding.
 */
START_TEST(p11_a_ciphertext_over_the_limit_is_refused)
{
	static const uint8_t text[LIMIT_CIPHERTEXT];
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	size_t text_len;
	int head, tail;

	ck_assert_int_eq(EVP_EncryptInit_ex2(ctx, EVP_aes_256_cbc(),
			     keys.enc_key, keys.iv, NULL),
	    1);
	ck_assert_int_eq(
	    EVP_EncryptUpdate(ctx, ciphertext, &head, text, (int)sizeof(text)),
	    1);
	ck_assert_int_eq(EVP_EncryptFinal_ex(ctx, ciphertext + head, &tail), 1);
	ck_assert_int_eq(head + tail, LIMIT_CIPHERTEXT + SIZE_BLOCK);
	ck_assert_int_eq(
	    decrypt(LIMIT_CIPHERTEXT + SIZE_BLOCK, &text_len), CHAT_EMALFORMED);
	EVP_CIPHER_CTX_free(ctx);
}
END_TEST

/* Padding is only valid if its last byte is 1 to 16 and repeated as often. */
START_TEST(wrong_paddings_are_refused)
{
	size_t text_len;

	/* CBC: a change to one block is XORed into the next plaintext block. */
	for (int last = 0; last < 256; last++) {
		ck_assert_uint_eq(encrypt("sixteen bytes!!!", 16), 32);
		ciphertext[15] ^= (uint8_t)(SIZE_BLOCK ^ last);
		ck_assert_int_eq(decrypt(32, &text_len),
		    last == 1 || last == SIZE_BLOCK ? 0 : CHAT_EMALFORMED);
	}
	for (size_t at = 0; at < SIZE_BLOCK - 1; at++) {
		ck_assert_uint_eq(encrypt("sixteen bytes!!!", 16), 32);
		ciphertext[at] ^= 1;
		ck_assert_int_eq(decrypt(32, &text_len), CHAT_EMALFORMED);
	}
}
END_TEST

START_TEST(a_ciphertext_cut_at_a_block_has_no_padding)
{
	static const char text[65] = "sixteen bytes!!!sixteen bytes!!!"
				     "sixteen bytes!!!sixteen bytes!!!";
	size_t text_len;

	ck_assert_uint_eq(encrypt(text, 64), 80);
	for (size_t len = SIZE_BLOCK; len < 80; len += SIZE_BLOCK)
		ck_assert_int_eq(decrypt(len, &text_len), CHAT_EMALFORMED);
	ck_assert_int_eq(decrypt(80, &text_len), 0);
}
END_TEST

START_TEST(p25_the_key_is_wiped_and_spent)
{
	static const uint8_t zero[SIZE_HASH];
	size_t len;

	ck_assert(!keys.spent);
	ck_assert_int_eq(seal_encrypt(&suite, &keys, "a", 1, ciphertext,
			     sizeof(ciphertext), &len),
	    0);
	ck_assert(keys.spent);
	ck_assert_mem_eq(keys.enc_key, zero, SIZE_HASH);
}
END_TEST

/* With fresh keys this works, as in the test above; now it aborts. */
START_TEST(p25_a_second_encryption_aborts)
{
	size_t len;

	ck_assert_int_eq(seal_encrypt(&suite, &keys, "a", 1, ciphertext,
			     sizeof(ciphertext), &len),
	    0);
	(void)seal_encrypt(
	    &suite, &keys, "a", 1, ciphertext, sizeof(ciphertext), &len);
}
END_TEST

/* A second encryption aborts, even of a text that would be refused. */
START_TEST(p25_a_second_encryption_aborts_whatever_it_is)
{
	size_t len;

	ck_assert_int_eq(seal_encrypt(&suite, &keys, "", 0, ciphertext,
			     sizeof(ciphertext), &len),
	    0);
	(void)seal_encrypt(&suite, &keys, "", LIMIT_TEXT + 1, ciphertext,
	    sizeof(ciphertext), &len);
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = {
	    known_answers_of_openssl_enc,
	    p11_known_answer_of_the_longest_text,
	    p11_every_length_around_a_block_makes_the_round_trip,
	    p11_a_longer_text_is_refused,
	    p11_room_for_the_ciphertext_is_needed,
	    decryption_needs_no_more_room_than_its_input,
	    p11_ciphertexts_of_a_wrong_length_are_refused,
	    p11_a_ciphertext_over_the_limit_is_refused,
	    wrong_paddings_are_refused,
	    a_ciphertext_cut_at_a_block_has_no_padding,
	    p25_the_key_is_wiped_and_spent,
	};
	const struct unit unit = {"seal", tests, COUNT(tests), setup, teardown};
	Suite *suite_of_tests = suite_create(unit.name);
	TCase *tc = unit_case(&unit);

	tcase_add_test_raise_signal(
	    tc, p25_a_second_encryption_aborts, SIGABRT);
	tcase_add_test_raise_signal(
	    tc, p25_a_second_encryption_aborts_whatever_it_is, SIGABRT);
	suite_add_tcase(suite_of_tests, tc);
	return unit_run_suite(suite_of_tests);
}
