/* Proofs and MACs. The answers are from Python's hmac. */
#include "common/base/error.h"
#include "common/chat1/proof.h"
#include "tests/unit/line.h"

static struct suite suite;
static uint8_t key[SIZE_HASH], t[SIZE_HASH], cl[SIZE_NONCE], cs[SIZE_NONCE];
static struct transcript before;

/* key, t, cl and cs are the numbers from 0 to 127. */
static void
setup(void)
{
	ck_assert_int_eq(suite_open(&suite), 0);
	for (size_t i = 0; i < SIZE_HASH; i++) {
		key[i] = (uint8_t)i;
		t[i] = (uint8_t)(32 + i);
		cl[i] = (uint8_t)(64 + i);
		cs[i] = (uint8_t)(96 + i);
	}
	memcpy(before.hash, t, SIZE_HASH);
}

static void
teardown(void)
{
	suite_close(&suite);
}

/* hmac.new(key, b"chat1 sender proof\0" + t + cl + cs, sha256) */
START_TEST(sender_proof_of_python)
{
	uint8_t proof[SIZE_HASH];

	ck_assert_int_eq(proof_sender(&suite, key, t, cl, cs, proof), 0);
	ck_assert_hex_eq(proof, SIZE_HASH,
	    "7f0f1b84dfc961a8faeaa36207d0d362"
	    "2a3b09c4800f0ca548cebf59f794177f");
}
END_TEST

/* hmac.new(key, b"chat1 listener proof\0" + t + cs, sha256) */
START_TEST(listener_proof_of_python)
{
	uint8_t proof[SIZE_HASH];

	ck_assert_int_eq(proof_listener(&suite, key, t, cs, proof), 0);
	ck_assert_hex_eq(proof, SIZE_HASH,
	    "41ec2affd6a972566e85e782d1916b09"
	    "dee73f508d726f110e6eb3afb9d983ed");
}
END_TEST

START_TEST(p02_proofs_of_chat1)
{
	uint8_t secret[SIZE_HASH], t2[SIZE_HASH], t3[SIZE_HASH];
	uint8_t proof[SIZE_HASH];

	unit_vector_bytes("CHAP_SECRET", secret, sizeof(secret));
	unit_vector_bytes("CL", cl, sizeof(cl));
	unit_vector_bytes("CS", cs, sizeof(cs));
	unit_unhex(unit_vector_t(2), t2, sizeof(t2));
	unit_unhex(unit_vector_t(3), t3, sizeof(t3));
	ck_assert_int_eq(proof_sender(&suite, secret, t2, cl, cs, proof), 0);
	ck_assert_hex_eq(proof, SIZE_HASH, unit_vector("PS"));
	ck_assert_int_eq(proof_listener(&suite, secret, t3, cs, proof), 0);
	ck_assert_hex_eq(proof, SIZE_HASH, unit_vector("PL"));
}
END_TEST

/* The MAC of an empty ack, before and after it is put into the line. */
static void
expect_mac(enum direction direction, const char *hex)
{
	char spelled[2 * SIZE_HASH + 1];
	uint8_t mac[SIZE_HASH];
	struct line line;

	line_spell(&line, &(struct parts){.type = "ack"});
	ck_assert_int_eq(
	    proof_mac(&suite, key, direction, &before, &line, false, mac), 0);
	ck_assert_hex_eq(mac, SIZE_HASH, hex);
	hex_encode(mac, SIZE_HASH, spelled);
	line_spell(&line, &(struct parts){.type = "ack", .mac = spelled});
	memset(mac, 0, sizeof(mac));
	ck_assert_int_eq(
	    proof_mac(&suite, key, direction, &before, &line, true, mac), 0);
	ck_assert_hex_eq(mac, SIZE_HASH, hex);
}

/* hmac.new(key, b"chat1 mac S->L\0" + t + line, sha256), and L->S */
START_TEST(macs_of_python_in_both_directions)
{
	expect_mac(SENDER_TO_LISTENER,
	    "a0f72b2c32091696b34a15eb87ecba29"
	    "6b94b107c089f2c35c16c4b60acb0a26");
	expect_mac(LISTENER_TO_SENDER,
	    "4ec9280dcaf5253b2e712c8f3f9d2b27"
	    "10f762f7a55bb5cc3067a2a31281eaac");
}
END_TEST

START_TEST(p02_macs_of_chat1)
{
	for (int n = 3; n <= 6; n++) {
		struct line line;
		struct frame frame;
		uint8_t mac[SIZE_HASH];

		line_copy(
		    &line, unit_vector_frame(n), strlen(unit_vector_frame(n)));
		ck_assert_int_eq(line_decode(&line, &frame), 0);
		unit_vector_bytes("HMAC_key", key, sizeof(key));
		unit_unhex(unit_vector_t(n - 1), before.hash, SIZE_HASH);
		ck_assert_int_eq(
		    proof_mac(&suite, key,
			n % 2 == 1 ? SENDER_TO_LISTENER : LISTENER_TO_SENDER,
			&before, &line, true, mac),
		    0);
		ck_assert_mem_eq(mac, frame.mac, SIZE_HASH);
	}
}
END_TEST

/* Each bit of each input changes a proof. */
START_TEST(every_input_of_a_proof_counts)
{
	uint8_t *const inputs[] = {key, t, cl, cs};
	uint8_t first[SIZE_HASH], other[SIZE_HASH];

	for (size_t i = 0; i < COUNT(inputs); i++)
		for (size_t bit = 0; bit < 256; bit++) {
			ck_assert_int_eq(
			    proof_sender(&suite, key, t, cl, cs, first), 0);
			inputs[i][bit / 8] ^= (uint8_t)(1 << bit % 8);
			ck_assert_int_eq(
			    proof_sender(&suite, key, t, cl, cs, other), 0);
			inputs[i][bit / 8] ^= (uint8_t)(1 << bit % 8);
			ck_assert_mem_ne(first, other, SIZE_HASH);
		}
}
END_TEST

/* Every bit of both counts, and no others. */
START_TEST(proofs_are_equal_when_every_bit_is)
{
	uint8_t copy[SIZE_HASH];

	memcpy(copy, key, SIZE_HASH);
	ck_assert(proof_equal(key, copy));
	for (size_t bit = 0; bit < 8 * SIZE_HASH; bit++) {
		copy[bit / 8] ^= (uint8_t)(1 << bit % 8);
		ck_assert(!proof_equal(key, copy));
		ck_assert(!proof_equal(copy, key));
		copy[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = {
	    sender_proof_of_python,
	    listener_proof_of_python,
	    p02_proofs_of_chat1,
	    macs_of_python_in_both_directions,
	    p02_macs_of_chat1,
	    every_input_of_a_proof_counts,
	    proofs_are_equal_when_every_bit_is,
	};

	return unit_run(
	    &(struct unit){"proof", tests, COUNT(tests), setup, teardown});
}
