/* SPAKE2 over P-256, RFC 9382. */
#include "common/chat1/spake2.h"

#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/obj_mac.h>

#include <stdlib.h>
#include <string.h>

#include "common/base/error.h"

struct spake2 {
	EC_GROUP *group;
	EC_POINT *m, *n;
	/*
	 * The same group with M or N as its generator, so that libcrypto
	 * computes x*P + y*M in one go, which costs little more than x*P, and
	 * nowhere branches on points that depend on a password.
	 */
	EC_GROUP *over_m, *over_n;
};

/*
 * Each function below has its own BN_CTX, because a BN_CTX keeps the values of
 * its numbers until it is freed.
 */

/*
 * M and N for P-256, RFC 9382, section 4. The RFC has them compressed; to
 * decompress them, every chat-send would compute two square roots.
 */
static const uint8_t rfc_m[SIZE_POINT] = {0x04, 0x88, 0x6e, 0x2f, 0x97, 0xac,
    0xe4, 0x6e, 0x55, 0xba, 0x9d, 0xd7, 0x24, 0x25, 0x79, 0xf2, 0x99, 0x3b,
    0x64, 0xe1, 0x6e, 0xf3, 0xdc, 0xab, 0x95, 0xaf, 0xd4, 0x97, 0x33, 0x3d,
    0x8f, 0xa1, 0x2f, 0x5f, 0xf3, 0x55, 0x16, 0x3e, 0x43, 0xce, 0x22, 0x4e,
    0x0b, 0x0e, 0x65, 0xff, 0x02, 0xac, 0x8e, 0x5c, 0x7b, 0xe0, 0x94, 0x19,
    0xc7, 0x85, 0xe0, 0xca, 0x54, 0x7d, 0x55, 0xa1, 0x2e, 0x2d, 0x20};
static const uint8_t rfc_n[SIZE_POINT] = {0x04, 0xd8, 0xbb, 0xd6, 0xc6, 0x39,
    0xc6, 0x29, 0x37, 0xb0, 0x4d, 0x99, 0x7f, 0x38, 0xc3, 0x77, 0x07, 0x19,
    0xc6, 0x29, 0xd7, 0x01, 0x4d, 0x49, 0xa2, 0x4b, 0x4f, 0x98, 0xba, 0xa1,
    0x29, 0x2b, 0x49, 0x07, 0xd6, 0x0a, 0xa6, 0xbf, 0xad, 0xe4, 0x50, 0x08,
    0xa6, 0x36, 0x33, 0x7f, 0x51, 0x68, 0xc6, 0x4d, 0x9b, 0xd3, 0x60, 0x34,
    0x80, 0x8c, 0xd5, 0x64, 0x49, 0x0b, 0x1e, 0x65, 0x6e, 0xdb, 0xe7};

/*
 * Makes a point from its encoding. Returns 0; CHAT_EPOINT if this is not a
 * point on the curve; CHAT_EINTERNAL if memory ran out: the peer must not be
 * blamed for that.
 */
static int
point_of(
    const struct spake2 *s, const uint8_t octets[SIZE_POINT], EC_POINT **point)
{
	int error = CHAT_EPOINT;

	ERR_clear_error();
	if ((*point = EC_POINT_new(s->group)) == NULL)
		return CHAT_EINTERNAL;
	/* This checks that the point is on the curve. */
	if (EC_POINT_oct2point(s->group, *point, octets, SIZE_POINT, NULL) == 1)
		return CHAT_OK;
	if (ERR_GET_REASON(ERR_peek_error()) == ERR_R_MALLOC_FAILURE)
		error = CHAT_EINTERNAL;
	EC_POINT_free(*point);
	*point = NULL;
	return error;
}

/* Returns the group with another generator; NULL without memory. */
static EC_GROUP *
group_over(const struct spake2 *s, const EC_POINT *generator)
{
	EC_GROUP *group = EC_GROUP_dup(s->group);

	if (group != NULL &&
	    EC_GROUP_set_generator(group, generator,
		EC_GROUP_get0_order(s->group),
		EC_GROUP_get0_cofactor(s->group)) == 1)
		return group;
	EC_GROUP_free(group);
	return NULL;
}

int
spake2_open(struct spake2 **spake2)
{
	struct spake2 *s = calloc(1, sizeof(*s));

	*spake2 = s;
	if (s == NULL)
		return CHAT_EINTERNAL;
	s->group = EC_GROUP_new_by_curve_name(NID_X9_62_prime256v1);
	if (s->group != NULL && point_of(s, rfc_m, &s->m) == 0 &&
	    point_of(s, rfc_n, &s->n) == 0) {
		s->over_m = group_over(s, s->m);
		s->over_n = group_over(s, s->n);
	}
	if (s->over_m == NULL || s->over_n == NULL) {
		spake2_close(s);
		*spake2 = NULL;
		return CHAT_EINTERNAL;
	}
	return CHAT_OK;
}

void
spake2_close(struct spake2 *spake2)
{
	if (spake2 == NULL)
		return;
	EC_POINT_free(spake2->m);
	EC_POINT_free(spake2->n);
	EC_GROUP_free(spake2->over_m);
	EC_GROUP_free(spake2->over_n);
	EC_GROUP_free(spake2->group);
	free(spake2);
}

/* w = digest (64 bytes) modulo the group order. */
static int
reduce(const struct spake2 *s, const uint8_t digest[64], uint8_t w[SIZE_SCALAR])
{
	BN_CTX *bn = BN_CTX_new();
	BIGNUM *number = BN_bin2bn(digest, 64, NULL);
	BIGNUM *rest = BN_new();
	int error = CHAT_EINTERNAL;

	if (bn == NULL || number == NULL || rest == NULL)
		goto out;
	BN_set_flags(number, BN_FLG_CONSTTIME);
	BN_set_flags(rest, BN_FLG_CONSTTIME);
	if (BN_mod(rest, number, EC_GROUP_get0_order(s->group), bn) == 1 &&
	    BN_bn2binpad(rest, w, SIZE_SCALAR) == SIZE_SCALAR)
		error = CHAT_OK;
out:
	BN_clear_free(number);
	BN_clear_free(rest);
	BN_CTX_free(bn);
	return error;
}

int
spake2_w(const struct suite *suite, const struct spake2 *spake2,
    const char *from, const char *to, const char *password_from,
    const char *password_to, uint8_t w[SIZE_SCALAR])
{
	static const char label[] = "chat1 spake2 w"; /* hashed with NUL */
	const char *const items[] = {from, to, password_from, password_to};
	uint8_t lengths[4][2], digest[64];
	struct span spans[9] = {{label, sizeof(label)}};
	int error;

	for (size_t i = 0; i < 4; i++) {
		size_t len = strlen(items[i]);

		lengths[i][0] = (uint8_t)(len >> 8);
		lengths[i][1] = (uint8_t)len;
		spans[2 * i + 1] = (struct span){lengths[i], 2};
		spans[2 * i + 2] = (struct span){items[i], len};
	}
	error = suite_sha512(suite, spans, 9, digest);
	if (error == 0)
		error = reduce(spake2, digest, w);
	explicit_bzero(digest, sizeof(digest));
	return error;
}

static BIGNUM *
number_of(const uint8_t bytes[SIZE_SCALAR])
{
	BIGNUM *number = BN_bin2bn(bytes, SIZE_SCALAR, NULL);

	if (number != NULL)
		BN_set_flags(number, BN_FLG_CONSTTIME);
	return number;
}

int
spake2_share(const struct spake2 *spake2, struct spake2_party *party)
{
	const EC_POINT *mask = party->role == SPAKE2_A ? spake2->m : spake2->n;
	EC_POINT *share = EC_POINT_new(spake2->group);
	BN_CTX *bn = BN_CTX_new();
	BIGNUM *scalar = number_of(party->scalar);
	BIGNUM *w = number_of(party->w);
	int error = CHAT_EINTERNAL;

	if (share == NULL || bn == NULL || scalar == NULL || w == NULL)
		goto out;
	error = CHAT_ESCALAR;
	if (BN_is_zero(scalar) ||
	    BN_cmp(scalar, EC_GROUP_get0_order(spake2->group)) >= 0)
		goto out;
	error = CHAT_EINTERNAL;
	if (EC_POINT_mul(spake2->group, share, scalar, mask, w, bn) != 1 ||
	    EC_POINT_point2oct(spake2->group, share,
		POINT_CONVERSION_UNCOMPRESSED, party->share, SIZE_POINT,
		bn) != SIZE_POINT)
		goto out;
	error = CHAT_OK;
out:
	EC_POINT_clear_free(share);
	BN_clear_free(scalar);
	BN_clear_free(w);
	BN_CTX_free(bn);
	return error;
}

/* Makes a point from a peer's share, which must be uncompressed. */
static int
point_of_peer(
    const struct spake2 *s, const uint8_t share[SIZE_POINT], EC_POINT **point)
{
	*point = NULL;
	if (share[0] != POINT_CONVERSION_UNCOMPRESSED)
		return CHAT_EPOINT;
	return point_of(s, share, point);
}

int
spake2_check(const struct spake2 *spake2, const uint8_t share[SIZE_POINT])
{
	EC_POINT *point;
	int error = point_of_peer(spake2, share, &point);

	EC_POINT_free(point);
	return error;
}

/* Sets *number to -a * b modulo the group order. */
static int
negative_product(const struct spake2 *s, const BIGNUM *a, const BIGNUM *b,
    BIGNUM *number, BN_CTX *bn)
{
	BN_MONT_CTX *order = EC_GROUP_get_mont_data(s->group);

	return BN_to_montgomery(number, a, order, bn) == 1 &&
		BN_mod_mul_montgomery(number, number, b, order, bn) == 1 &&
		BN_sub(number, EC_GROUP_get0_order(s->group), number) == 1
	    ? CHAT_OK
	    : CHAT_EINTERNAL;
}

/* K = scalar * (peer - w * mask) = scalar * peer + (-scalar * w) * mask. */
static int
agree(const struct spake2 *s, const struct spake2_party *party,
    const uint8_t peer[SIZE_POINT], uint8_t k[SIZE_POINT])
{
	const EC_GROUP *over = party->role == SPAKE2_A ? s->over_n : s->over_m;
	EC_POINT *point = NULL;
	BN_CTX *bn = BN_CTX_new();
	BIGNUM *scalar = number_of(party->scalar);
	BIGNUM *w = number_of(party->w);
	BIGNUM *unmask = BN_new();
	int error;

	if ((error = point_of_peer(s, peer, &point)) != 0)
		goto out;
	error = CHAT_EINTERNAL;
	if (bn == NULL || scalar == NULL || w == NULL || unmask == NULL)
		goto out;
	BN_set_flags(unmask, BN_FLG_CONSTTIME);
	if (negative_product(s, scalar, w, unmask, bn) != 0 ||
	    EC_POINT_mul(over, point, unmask, point, scalar, bn) != 1)
		goto out;
	error = CHAT_EPOINT;
	if (EC_POINT_is_at_infinity(s->group, point))
		goto out;
	error = CHAT_EINTERNAL;
	if (EC_POINT_point2oct(s->group, point, POINT_CONVERSION_UNCOMPRESSED,
		k, SIZE_POINT, bn) != SIZE_POINT)
		goto out;
	error = CHAT_OK;
out:
	EC_POINT_clear_free(point);
	BN_clear_free(scalar);
	BN_clear_free(w);
	BN_clear_free(unmask);
	BN_CTX_free(bn);
	return error;
}

/*
 * DHSK = H(TT). RFC 9382, section 3.3: each item of TT has its length before
 * it, in 8 bytes, little-endian.
 */
static int
hash_tt(const struct suite *suite, const struct span items[6],
    uint8_t dhsk[SIZE_HASH])
{
	uint8_t lengths[6][8] = {{0}};
	struct span spans[12];

	for (size_t i = 0; i < 6; i++) {
		lengths[i][0] = (uint8_t)items[i].len;
		lengths[i][1] = (uint8_t)(items[i].len >> 8);
		spans[2 * i] = (struct span){lengths[i], 8};
		spans[2 * i + 1] = items[i];
	}
	return suite_sha256(suite, spans, 12, dhsk);
}

int
spake2_finish(const struct suite *suite, const struct spake2 *spake2,
    struct spake2_party *party, const uint8_t peer[SIZE_POINT],
    uint8_t dhsk[SIZE_HASH])
{
	uint8_t k[SIZE_POINT];
	const uint8_t *pa = party->role == SPAKE2_A ? party->share : peer;
	const uint8_t *pb = party->role == SPAKE2_A ? peer : party->share;
	const struct span items[6] = {{party->a, strlen(party->a)},
	    {party->b, strlen(party->b)}, {pa, SIZE_POINT}, {pb, SIZE_POINT},
	    {k, SIZE_POINT}, {party->w, SIZE_SCALAR}};
	int error = agree(spake2, party, peer, k);

	if (error == 0)
		error = hash_tt(suite, items, dhsk);
	explicit_bzero(k, sizeof(k));
	explicit_bzero(party->w, sizeof(party->w));
	explicit_bzero(party->scalar, sizeof(party->scalar));
	return error;
}
