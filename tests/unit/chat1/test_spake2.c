/* Properties 2 and 3: vectors of RFC 9382; bad points and scalars. */
#include <openssl/ec.h>
#include <openssl/obj_mac.h>

#include "common/base/error.h"
#include "common/chat1/spake2.h"
#include "tests/unit/unit.h"

#define VECTORS 4

/* The order of the group P-256, SEC 2. */
#define ORDER "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc6325"
/* M and N of RFC 9382, section 4. */
#define RFC_M \
	"02886e2f97ace46e55ba9dd7242579f2993b64e16ef3dcab95afd497333d8fa12f"
#define RFC_N \
	"03d8bbd6c639c62937b04d997f38c3770719c629d7014d49a24b4f98baa1292b49"
/*
 * A point with x = 5, and one with y = 5: x + p and y + p still have 32 bytes.
 */
#define X5_Y "459243b9aa581806fe913bce99817ade11ca503c64d9a3c533415c083248fbcc"
#define Y5_X "d7325d7646cd60d80a92738ceb345f844cffaf35841022cab176f692de8de1d7"
#define FIVE "0000000000000000000000000000000000000000000000000000000000000005"
#define FIVE_PLUS_P \
	"ffffffff00000001000000000000000000000001000000000000000000000004"

static struct suite suite;
static struct spake2 *spake2;
static cJSON *rfc;

static void
setup(void)
{
	ck_assert_int_eq(suite_open(&suite), 0);
	ck_assert_int_eq(spake2_open(&spake2), 0);
	rfc = unit_load("tests/vectors/rfc9382.json");
}

static void
teardown(void)
{
	cJSON_Delete(rfc);
	spake2_close(spake2);
	suite_close(&suite);
}

static const cJSON *
vector(int i)
{
	const cJSON *all = cJSON_GetObjectItemCaseSensitive(rfc, "vectors");

	ck_assert_int_eq(cJSON_GetArraySize(all), VECTORS);
	return cJSON_GetArrayItem(all, i);
}

/* Returns a party of vector i, without its share. */
static struct spake2_party
party_of(int i, enum spake2_role role)
{
	const cJSON *v = vector(i);
	struct spake2_party party = {
	    .role = role, .a = unit_string(v, "A"), .b = unit_string(v, "B")};

	unit_unhex(unit_string(v, "w"), party.w, SIZE_SCALAR);
	unit_unhex(unit_string(v, role == SPAKE2_A ? "x" : "y"), party.scalar,
	    SIZE_SCALAR);
	return party;
}

/*
 * Returns a party of the first vector with its share, and the share of its
 * peer.
 */
static struct spake2_party
party_ready(enum spake2_role role, uint8_t peer[SIZE_POINT])
{
	struct spake2_party party = party_of(0, role);

	unit_unhex(unit_string(vector(0), role == SPAKE2_A ? "pB" : "pA"), peer,
	    SIZE_POINT);
	ck_assert_int_eq(spake2_share(spake2, &party), 0);
	return party;
}

static void
expect_wiped(const struct spake2_party *party)
{
	static const uint8_t zero[SIZE_SCALAR];

	ck_assert_mem_eq(party->w, zero, SIZE_SCALAR);
	ck_assert_mem_eq(party->scalar, zero, SIZE_SCALAR);
}

/* Has one side process its peer's share; w and the scalar must be wiped. */
static int
finish(enum spake2_role role, const uint8_t peer[SIZE_POINT])
{
	uint8_t good[SIZE_POINT], dhsk[SIZE_HASH];
	struct spake2_party party = party_ready(role, good);
	int error = spake2_finish(&suite, spake2, &party, peer, dhsk);

	expect_wiped(&party);
	return error;
}

/* Expects both roles to refuse this point. */
static void
refuse(const uint8_t peer[SIZE_POINT])
{
	ck_assert_msg(spake2_check(spake2, peer) == CHAT_EPOINT, "valid: %s",
	    unit_hex(peer, SIZE_POINT));
	ck_assert_msg(finish(SPAKE2_A, peer) == CHAT_EPOINT, "A: %s",
	    unit_hex(peer, SIZE_POINT));
	ck_assert_msg(finish(SPAKE2_B, peer) == CHAT_EPOINT, "B: %s",
	    unit_hex(peer, SIZE_POINT));
}

/* Builds a point from its first byte and two coordinates in hexadecimal. */
static void
spell(uint8_t point[SIZE_POINT], uint8_t form, const char *x, const char *y)
{
	point[0] = form;
	unit_unhex(x, point + 1, SIZE_SCALAR);
	unit_unhex(y, point + 1 + SIZE_SCALAR, SIZE_SCALAR);
}

/* Computes times * (the compressed point), uncompressed. */
static void
multiply(const char *hex, const uint8_t times[SIZE_SCALAR],
    uint8_t product[SIZE_POINT])
{
	EC_GROUP *group = EC_GROUP_new_by_curve_name(NID_X9_62_prime256v1);
	EC_POINT *point = EC_POINT_new(group);
	BIGNUM *number = BN_bin2bn(times, SIZE_SCALAR, NULL);
	uint8_t octets[33];

	unit_unhex(hex, octets, sizeof(octets));
	ck_assert_int_eq(
	    EC_POINT_oct2point(group, point, octets, sizeof(octets), NULL), 1);
	ck_assert_int_eq(
	    EC_POINT_mul(group, point, NULL, point, number, NULL), 1);
	ck_assert_uint_eq(
	    EC_POINT_point2oct(group, point, POINT_CONVERSION_UNCOMPRESSED,
		product, SIZE_POINT, NULL),
	    SIZE_POINT);
	BN_free(number);
	EC_POINT_free(point);
	EC_GROUP_free(group);
}

START_TEST(p02_shares_are_those_of_rfc9382)
{
	for (int i = 0; i < VECTORS; i++) {
		struct spake2_party a = party_of(i, SPAKE2_A);
		struct spake2_party b = party_of(i, SPAKE2_B);

		ck_assert_int_eq(spake2_share(spake2, &a), 0);
		ck_assert_int_eq(spake2_share(spake2, &b), 0);
		ck_assert_hex_eq(
		    a.share, SIZE_POINT, unit_string(vector(i), "pA"));
		ck_assert_hex_eq(
		    b.share, SIZE_POINT, unit_string(vector(i), "pB"));
	}
}
END_TEST

/* RFC 9382, section 4: H(TT) is Ke || Ka. */
START_TEST(p02_dhsk_is_ke_and_ka_of_rfc9382_on_both_sides)
{
	for (int i = 0; i < VECTORS; i++) {
		struct spake2_party a = party_of(i, SPAKE2_A);
		struct spake2_party b = party_of(i, SPAKE2_B);
		uint8_t of_a[SIZE_HASH], of_b[SIZE_HASH];
		const size_t half = SIZE_HASH / 2;

		ck_assert_int_eq(spake2_share(spake2, &a), 0);
		ck_assert_int_eq(spake2_share(spake2, &b), 0);
		ck_assert_int_eq(
		    spake2_finish(&suite, spake2, &a, b.share, of_a), 0);
		ck_assert_int_eq(
		    spake2_finish(&suite, spake2, &b, a.share, of_b), 0);
		ck_assert_mem_eq(of_a, of_b, SIZE_HASH);
		ck_assert_hex_eq(of_a, half, unit_string(vector(i), "Ke"));
		ck_assert_hex_eq(
		    of_a + half, half, unit_string(vector(i), "Ka"));
	}
}
END_TEST

/*
 * Computed in Python: int(sha512(b"chat1 spake2 w\0" + lv2(...)).hexdigest(),
 * 16) % n
 */
START_TEST(p02_w_is_what_python_computes)
{
	char f[LIMIT_NAME + 1] = {0}, t[LIMIT_NAME + 1] = {0};
	char p[LIMIT_PASSWORD + 1] = {0}, q[LIMIT_PASSWORD + 1] = {0};
	uint8_t w[SIZE_SCALAR];

	ck_assert_int_eq(spake2_w(&suite, spake2, "a", "b", "p", "p", w), 0);
	ck_assert_hex_eq(w, SIZE_SCALAR,
	    "995cf3fab8c38ea0649b5b4eeee12fc7"
	    "78d0ff3488ce3cfc2fe51bc9f9cfddb1");
	memset(f, 'f', LIMIT_NAME);
	memset(t, 't', LIMIT_NAME);
	memset(p, 'P', LIMIT_PASSWORD);
	memset(q, 'Q', LIMIT_PASSWORD);
	ck_assert_int_eq(spake2_w(&suite, spake2, f, t, p, q, w), 0);
	ck_assert_hex_eq(w, SIZE_SCALAR,
	    "8e04d37b872b06e824c5910aad490435"
	    "e0eae48d4e574cba70e6878f91cae81d");
}
END_TEST

START_TEST(w_depends_on_each_item_and_where_it_ends)
{
	static const char *const inputs[][4] = {
	    {"bob", "alice", "pw1", "pw2"},
	    {"alice", "bob", "pw1", "pw2"},
	    {"bob", "alice", "pw2", "pw1"},
	    {"bob", "alice", "pw1", "pw1"},
	    {"bob", "alice", "pw2", "pw2"},
	    {"boba", "lice", "pw1", "pw2"},
	    {"bo", "balice", "pw1", "pw2"},
	    {"bob", "alicep", "w1", "pw2"},
	    {"bob", "alice", "pw1p", "w2"},
	    {"bob", "alice", "pw", "1pw2"},
	};
	uint8_t w[COUNT(inputs)][SIZE_SCALAR];

	for (size_t i = 0; i < COUNT(inputs); i++) {
		ck_assert_int_eq(
		    spake2_w(&suite, spake2, inputs[i][0], inputs[i][1],
			inputs[i][2], inputs[i][3], w[i]),
		    0);
		for (size_t j = 0; j < i; j++)
			ck_assert_mem_ne(w[i], w[j], SIZE_SCALAR);
	}
}
END_TEST

START_TEST(names_and_w_change_the_dhsk)
{
	uint8_t peer[SIZE_POINT], first[SIZE_HASH], other[SIZE_HASH];
	struct spake2_party party = party_ready(SPAKE2_A, peer);

	ck_assert_int_eq(spake2_finish(&suite, spake2, &party, peer, first), 0);
	for (int i = 0; i < 3; i++) {
		party = party_ready(SPAKE2_A, peer);
		if (i == 0)
			party.a = "serve";
		else if (i == 1)
			party.b = "clients";
		else
			party.w[SIZE_SCALAR - 1] ^= 1;
		ck_assert_int_eq(
		    spake2_finish(&suite, spake2, &party, peer, other), 0);
		ck_assert_mem_ne(first, other, SIZE_HASH);
	}
}
END_TEST

START_TEST(p03_the_good_share_is_taken)
{
	uint8_t point[SIZE_POINT];

	(void)party_ready(SPAKE2_A, point);
	ck_assert_int_eq(spake2_check(spake2, point), 0);
	ck_assert_int_eq(finish(SPAKE2_A, point), 0);
	(void)party_ready(SPAKE2_B, point);
	ck_assert_int_eq(spake2_check(spake2, point), 0);
	ck_assert_int_eq(finish(SPAKE2_B, point), 0);
}
END_TEST

/*
 * Every flipped bit leaves the curve, or the form if it is in the first byte.
 */
START_TEST(p03_every_flipped_bit_of_a_share_is_refused)
{
	uint8_t point[SIZE_POINT], flipped[SIZE_POINT];

	(void)party_ready(SPAKE2_A, point);
	for (size_t bit = 0; bit < 8 * SIZE_POINT; bit++) {
		memcpy(flipped, point, SIZE_POINT);
		flipped[bit / 8] ^= (uint8_t)(1 << bit % 8);
		refuse(flipped);
	}
}
END_TEST

START_TEST(p03_only_04_may_be_the_first_byte)
{
	uint8_t point[SIZE_POINT];

	(void)party_ready(SPAKE2_A, point);
	for (int form = 0; form < 256; form++) {
		point[0] = (uint8_t)form;
		if (form != 4)
			refuse(point);
	}
}
END_TEST

START_TEST(p03_hybrid_form_is_refused)
{
	uint8_t point[SIZE_POINT];

	(void)party_ready(SPAKE2_A, point);
	point[0] = (uint8_t)(6 | (point[SIZE_POINT - 1] & 1));
	refuse(point);
}
END_TEST

START_TEST(p03_compressed_form_is_refused)
{
	uint8_t point[SIZE_POINT];

	(void)party_ready(SPAKE2_A, point);
	point[0] = (uint8_t)(2 | (point[SIZE_POINT - 1] & 1));
	memset(point + 33, 0, SIZE_POINT - 33);
	refuse(point);
}
END_TEST

START_TEST(p03_the_identity_is_refused)
{
	uint8_t point[SIZE_POINT] = {0};

	refuse(point);
	point[0] = 4; /* "0, 0" is not on the curve either */
	refuse(point);
}
END_TEST

START_TEST(p03_x_of_p_and_more_is_refused)
{
	uint8_t point[SIZE_POINT];

	spell(point, 4, FIVE, X5_Y);
	ck_assert_int_eq(finish(SPAKE2_A, point), 0);
	spell(point, 4, FIVE_PLUS_P, X5_Y);
	refuse(point);
}
END_TEST

START_TEST(p03_y_of_p_and_more_is_refused)
{
	uint8_t point[SIZE_POINT];

	spell(point, 4, Y5_X, FIVE);
	ck_assert_int_eq(finish(SPAKE2_A, point), 0);
	spell(point, 4, Y5_X, FIVE_PLUS_P);
	refuse(point);
}
END_TEST

START_TEST(p03_coordinates_of_all_ones_are_refused)
{
	uint8_t point[SIZE_POINT];

	memset(point, 0xff, sizeof(point));
	point[0] = 4;
	refuse(point);
}
END_TEST

/* pB = w*N or pA = w*M: nothing remains without the mask. */
START_TEST(p03_a_share_that_leads_to_infinity_is_refused)
{
	struct spake2_party party = party_of(0, SPAKE2_A);
	uint8_t wn[SIZE_POINT], wm[SIZE_POINT];

	multiply(RFC_N, party.w, wn);
	multiply(RFC_M, party.w, wm);
	/* This alone is not enough. */
	ck_assert_int_eq(spake2_check(spake2, wn), 0);
	ck_assert_int_eq(finish(SPAKE2_A, wn), CHAT_EPOINT);
	ck_assert_int_eq(finish(SPAKE2_B, wm), CHAT_EPOINT);
	/* The mask of the other role is a valid point. */
	ck_assert_int_eq(finish(SPAKE2_A, wm), 0);
	ck_assert_int_eq(finish(SPAKE2_B, wn), 0);
}
END_TEST

/* K is the same point, not infinity: the addition must handle doubling. */
START_TEST(p03_a_share_that_doubles_is_taken)
{
	struct spake2_party party = party_of(0, SPAKE2_A);
	uint8_t point[SIZE_POINT];
	BIGNUM *w = BN_bin2bn(party.w, SIZE_SCALAR, NULL);
	BIGNUM *order = NULL;

	/* -w*N: minus w*N it is -2w*N. */
	ck_assert_int_ne(BN_hex2bn(&order, ORDER "51"), 0);
	ck_assert_int_eq(BN_sub(w, order, w), 1);
	ck_assert_int_eq(BN_bn2binpad(w, party.w, SIZE_SCALAR), SIZE_SCALAR);
	multiply(RFC_N, party.w, point);
	ck_assert_int_eq(finish(SPAKE2_A, point), 0);
	BN_free(w);
	BN_free(order);
}
END_TEST

START_TEST(p03_scalars_outside_the_group_are_refused)
{
	static const char *const bad[] = {
	    "0000000000000000000000000000000000000000000000000000000000000000",
	    ORDER "51",
	    ORDER "52",
	    "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
	};

	for (size_t i = 0; i < COUNT(bad); i++)
		for (int role = 0; role < 2; role++) {
			struct spake2_party party =
			    party_of(0, (enum spake2_role)role);

			unit_unhex(bad[i], party.scalar, SIZE_SCALAR);
			ck_assert_int_eq(
			    spake2_share(spake2, &party), CHAT_ESCALAR);
		}
}
END_TEST

START_TEST(p03_the_least_and_the_greatest_scalar_are_taken)
{
	static const char *const good[] = {
	    "0000000000000000000000000000000000000000000000000000000000000001",
	    ORDER "50",
	};
	uint8_t of_a[SIZE_HASH], of_b[SIZE_HASH];

	for (size_t i = 0; i < COUNT(good); i++) {
		struct spake2_party a = party_of(0, SPAKE2_A);
		struct spake2_party b = party_of(0, SPAKE2_B);

		unit_unhex(good[i], a.scalar, SIZE_SCALAR);
		ck_assert_int_eq(spake2_share(spake2, &a), 0);
		ck_assert_int_eq(spake2_share(spake2, &b), 0);
		ck_assert_int_eq(
		    spake2_finish(&suite, spake2, &a, b.share, of_a), 0);
		ck_assert_int_eq(
		    spake2_finish(&suite, spake2, &b, a.share, of_b), 0);
		ck_assert_mem_eq(of_a, of_b, SIZE_HASH);
	}
}
END_TEST

/* p04: if A gets its own share back, its key differs from the one of B. */
START_TEST(p04_a_reflected_share_gives_no_common_key)
{
	uint8_t peer[SIZE_POINT], of_a[SIZE_HASH], of_b[SIZE_HASH];
	struct spake2_party a = party_ready(SPAKE2_A, peer);
	struct spake2_party b = party_ready(SPAKE2_B, peer);
	uint8_t own[SIZE_POINT];

	memcpy(own, a.share, SIZE_POINT);
	ck_assert_int_eq(spake2_finish(&suite, spake2, &b, a.share, of_b), 0);
	ck_assert_int_eq(spake2_finish(&suite, spake2, &a, own, of_a), 0);
	ck_assert_mem_ne(of_a, of_b, SIZE_HASH);
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = {
	    p02_shares_are_those_of_rfc9382,
	    p02_dhsk_is_ke_and_ka_of_rfc9382_on_both_sides,
	    p02_w_is_what_python_computes,
	    w_depends_on_each_item_and_where_it_ends,
	    names_and_w_change_the_dhsk,
	    p03_the_good_share_is_taken,
	    p03_every_flipped_bit_of_a_share_is_refused,
	    p03_only_04_may_be_the_first_byte,
	    p03_hybrid_form_is_refused,
	    p03_compressed_form_is_refused,
	    p03_the_identity_is_refused,
	    p03_x_of_p_and_more_is_refused,
	    p03_y_of_p_and_more_is_refused,
	    p03_coordinates_of_all_ones_are_refused,
	    p03_a_share_that_leads_to_infinity_is_refused,
	    p03_a_share_that_doubles_is_taken,
	    p03_scalars_outside_the_group_are_refused,
	    p03_the_least_and_the_greatest_scalar_are_taken,
	    p04_a_reflected_share_gives_no_common_key,
	};

	return unit_run(
	    &(struct unit){"spake2", tests, COUNT(tests), setup, teardown});
}
