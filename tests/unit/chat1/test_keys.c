/*
 * The algorithms and the key schedule. The answers are from RFC 4231, the
 * examples of FIPS 180-4, and Python's hashlib and hmac.
 */
#include <openssl/crypto.h>
#include <openssl/provider.h>

#include "common/base/error.h"
#include "common/base/wipe.h"
#include "common/chat1/keys.h"
#include "common/chat1/transcript.h"
#include "tests/unit/unit.h"

static struct suite suite;

static OSSL_PROVIDER *null;

/* Only algorithms of our own provider can be fetched. */
static void
setup(void)
{
	ck_assert_int_eq(wipe_libcrypto(), 0);
	ck_assert_int_eq(
	    OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG, NULL), 1);
	null = OSSL_PROVIDER_load(NULL, "null");
	ck_assert_ptr_nonnull(null);
	ck_assert_int_eq(suite_open(&suite), 0);
}

static void
teardown(void)
{
	suite_close(&suite);
	(void)OSSL_PROVIDER_unload(null);
}

static void
count_up(uint8_t bytes[SIZE_HASH], uint8_t from)
{
	for (size_t i = 0; i < SIZE_HASH; i++)
		bytes[i] = (uint8_t)(from + i);
}

START_TEST(sha256_and_sha512_of_abc_in_any_pieces)
{
	static const struct span pieces[][3] = {
	    {{"abc", 3}, {"", 0}, {"", 0}},
	    {{"a", 1}, {"b", 1}, {"c", 1}},
	    {{"", 0}, {"ab", 2}, {"c", 1}},
	};
	uint8_t digest[64];

	for (size_t i = 0; i < COUNT(pieces); i++) {
		ck_assert_int_eq(suite_sha256(&suite, pieces[i], 3, digest), 0);
		ck_assert_hex_eq(digest, SIZE_HASH,
		    "ba7816bf8f01cfea414140de5dae2223"
		    "b00361a396177a9cb410ff61f20015ad");
		ck_assert_int_eq(suite_sha512(&suite, pieces[i], 3, digest), 0);
		ck_assert_hex_eq(digest, 64,
		    "ddaf35a193617abacc417349ae204131"
		    "12e6fa4e89a97ea20a9eeee64b55d39a"
		    "2192992a274fc1a836ba3c23a3feebbd"
		    "454d4423643ce80e2a9ac94fa54ca49f");
	}
}
END_TEST

START_TEST(sha256_of_nothing)
{
	uint8_t digest[SIZE_HASH];

	ck_assert_int_eq(suite_sha256(&suite, NULL, 0, digest), 0);
	ck_assert_hex_eq(digest, SIZE_HASH,
	    "e3b0c44298fc1c149afbf4c8996fb924"
	    "27ae41e4649b934ca495991b7852b855");
}
END_TEST

START_TEST(hmac_of_rfc4231)
{
	uint8_t long_key[131], short_key[20], mac[SIZE_HASH];
	const struct {
		const void *key;
		size_t key_len;
		const char *data, *mac;
	} known[] = {
	    {short_key, 20, "Hi There",
		"b0344c61d8db38535ca8afceaf0bf12b"
		"881dc200c9833da726e9376c2e32cff7"},
	    {"Jefe", 4, "what do ya want for nothing?",
		"5bdcc146bf60754e6a042426089575c7"
		"5a003f089d2739839dec58b964ec3843"},
	    {long_key, 131,
		"Test Using Larger Than Block-Size Key - Hash Key First",
		"60e431591ee0b67f0d8a26aacbf5b77f"
		"8e0bc6213728c5140546040f0ee37f54"},
	};

	memset(short_key, 0x0b, sizeof(short_key));
	memset(long_key, 0xaa, sizeof(long_key));
	for (size_t i = 0; i < COUNT(known); i++) {
		const char *data = known[i].data;
		const struct span spans[2] = {
		    {data, 4}, {data + 4, strlen(data) - 4}};

		ck_assert_int_eq(suite_hmac(&suite, known[i].key,
				     known[i].key_len, spans, 2, mac),
		    0);
		ck_assert_hex_eq(mac, SIZE_HASH, known[i].mac);
	}
}
END_TEST

/* Each use copies the template of the suite, which never changes. */
START_TEST(one_hmac_leaves_nothing_for_the_next)
{
	const struct span span = {"message", 7};
	uint8_t first[SIZE_HASH], other[SIZE_HASH], again[SIZE_HASH];

	ck_assert_int_eq(suite_hmac(&suite, "one", 3, &span, 1, first), 0);
	ck_assert_int_eq(suite_hmac(&suite, "two", 3, &span, 1, other), 0);
	ck_assert_int_eq(suite_hmac(&suite, "one", 3, &span, 1, again), 0);
	ck_assert_mem_eq(first, again, SIZE_HASH);
	ck_assert_mem_ne(first, other, SIZE_HASH);
}
END_TEST

/* hmac.new(secret, bytes(range(32)), sha256) */
START_TEST(p11_enc_key_of_secrets_of_every_length)
{
	static const struct {
		const char *secret, *enc_key;
	} known[] = {
	    {"x",
		"21c7eae2eed05fd86e48db1a2b7d59b7"
		"5f4ddbce5f6512a8efb2b31a8f6992d8"},
	    {"correct horse",
		"7e860e91a646cd84012aad39dcf36ab7"
		"26a788881d03d2bc09a47b8765bd1367"},
	    {"p\xc3\xa4ssw\xc3\xb6rd",
		"fbd52239ceb462da49715bb0212aad11"
		"4427313fda5166ae17fe58efc806ac55"},
	};
	char longest[LIMIT_PASSWORD];
	uint8_t dhsk[SIZE_HASH], enc_key[SIZE_HASH];

	count_up(dhsk, 0);
	for (size_t i = 0; i < COUNT(known); i++) {
		ck_assert_int_eq(keys_derive(&suite, known[i].secret,
				     strlen(known[i].secret), dhsk, enc_key),
		    0);
		ck_assert_hex_eq(enc_key, SIZE_HASH, known[i].enc_key);
	}
	memset(longest, 'p', sizeof(longest));
	ck_assert_int_eq(
	    keys_derive(&suite, longest, sizeof(longest), dhsk, enc_key), 0);
	ck_assert_hex_eq(enc_key, SIZE_HASH,
	    "43a1bbb4230d34c82be1c70221d6c5a2"
	    "f43983de21d882a59dd667785e82f8da");
}
END_TEST

START_TEST(the_schedule_of_hashlib)
{
	uint8_t enc_key[SIZE_HASH];
	struct keys keys;

	memset(&keys, 0xff, sizeof(keys));
	count_up(enc_key, 0x40);
	ck_assert_int_eq(keys_expand(&suite, enc_key, &keys), 0);
	ck_assert_mem_eq(keys.enc_key, enc_key, SIZE_HASH);
	ck_assert_hex_eq(
	    keys.iv, SIZE_BLOCK, "ca2a4fe727faaecf16ecd130a86e0885");
	ck_assert_hex_eq(keys.hmac_key, SIZE_HASH,
	    "312dcda4e0808ced2db2355b1217ea55"
	    "f3de821c0657bcca10d2aa1bb84315c7");
	ck_assert_hex_eq(keys.chap_secret, SIZE_HASH,
	    "a6fc524e40d336f6c1f4057ed7c94737"
	    "cbb78711a33d38973d92a77b4acfab1d");
	ck_assert(!keys.spent);
}
END_TEST

START_TEST(p02_the_schedule_of_chat1)
{
	const char *secret = unit_vector("password_to");
	uint8_t dhsk[SIZE_HASH], enc_key[SIZE_HASH];
	struct keys keys;

	unit_vector_bytes("DHSK", dhsk, sizeof(dhsk));
	ck_assert_int_eq(
	    keys_derive(&suite, secret, strlen(secret), dhsk, enc_key), 0);
	ck_assert_hex_eq(enc_key, SIZE_HASH, unit_vector("enc_key"));
	ck_assert_int_eq(keys_expand(&suite, enc_key, &keys), 0);
	ck_assert_int_eq(memcmp(unit_hex(keys.iv, SIZE_BLOCK),
			     unit_vector("IV32"), 2 * SIZE_BLOCK),
	    0);
	ck_assert_hex_eq(keys.hmac_key, SIZE_HASH, unit_vector("HMAC_key"));
	ck_assert_hex_eq(
	    keys.chap_secret, SIZE_HASH, unit_vector("CHAP_SECRET"));
}
END_TEST

START_TEST(wiped_keys_are_zero)
{
	static const struct keys zero;
	struct keys keys;

	memset(&keys, 0xff, sizeof(keys));
	keys_wipe(&keys);
	ck_assert_mem_eq(&keys, &zero, sizeof(keys));
}
END_TEST

/* hashlib: T0, then of "abc\n", then of "\n". */
START_TEST(the_transcript_of_hashlib)
{
	struct transcript t;

	ck_assert_int_eq(transcript_start(&suite, &t), 0);
	ck_assert_hex_eq(t.hash, SIZE_HASH, unit_vector_t(0));
	ck_assert_int_eq(transcript_absorb(&suite, &t, "abc\n", 4), 0);
	ck_assert_hex_eq(t.hash, SIZE_HASH,
	    "3b14d0388082979fbc4ffce8a4cd2835"
	    "375f99d0ceff219b9540ecd2e01bbec2");
	ck_assert_int_eq(transcript_absorb(&suite, &t, "\n", 1), 0);
	ck_assert_hex_eq(t.hash, SIZE_HASH,
	    "26985bf9978e5a888c50de508fc40289"
	    "8213f4b09fe7cff66b13ab643d98df95");
}
END_TEST

START_TEST(p02_the_transcript_of_chat1)
{
	struct transcript t;

	ck_assert_int_eq(transcript_start(&suite, &t), 0);
	for (int n = 1; n <= 6; n++) {
		const char *frame = unit_vector_frame(n);

		ck_assert_int_eq(
		    transcript_absorb(&suite, &t, frame, strlen(frame)), 0);
		ck_assert_hex_eq(t.hash, SIZE_HASH, unit_vector_t(n));
	}
}
END_TEST

START_TEST(a_closed_suite_may_be_closed_again)
{
	suite_close(&suite);
	suite_close(&suite);
	ck_assert_int_eq(suite_open(&suite), 0);
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = {
	    sha256_and_sha512_of_abc_in_any_pieces,
	    sha256_of_nothing,
	    hmac_of_rfc4231,
	    one_hmac_leaves_nothing_for_the_next,
	    p11_enc_key_of_secrets_of_every_length,
	    the_schedule_of_hashlib,
	    p02_the_schedule_of_chat1,
	    wiped_keys_are_zero,
	    the_transcript_of_hashlib,
	    p02_the_transcript_of_chat1,
	    a_closed_suite_may_be_closed_again,
	};

	return unit_run(
	    &(struct unit){"keys", tests, COUNT(tests), setup, teardown});
}
