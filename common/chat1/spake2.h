/*
 * SPAKE2 over P-256, RFC 9382, with libcrypto's EC_POINT functions. A is the
 * initiator (chat-send), B the responder (the keyholder of chat-listen).
 */
#ifndef COMMON_CHAT1_SPAKE2_H
#define COMMON_CHAT1_SPAKE2_H

#include "common/chat1/suite.h"

struct spake2; /* the group, M and N */

enum spake2_role {
	SPAKE2_A,
	SPAKE2_B,
};

/* One side, with all that the shared key depends on except the peer's share. */
struct spake2_party {
	enum spake2_role role;
	const char *a, *b; /* names of initiator and responder */
	uint8_t w[SIZE_SCALAR];
	uint8_t scalar[SIZE_SCALAR]; /* ours: x or y, secret, used once */
	uint8_t share[SIZE_POINT];   /* ours: pA or pB, public */
};

/*
 * Builds the group and allocates *spake2; the caller frees it with
 * spake2_close(). Returns 0, or CHAT_EINTERNAL with *spake2 set to NULL.
 */
int spake2_open(struct spake2 **spake2);
void spake2_close(struct spake2 *spake2);

/*
 * w = SHA-512("chat1 spake2 w\0" || lv2(from, to, pw(from), pw(to))) modulo the
 * group order, big-endian; lv2 puts a length of two bytes before each item. The
 * strings end with NUL and have at most LIMIT_PASSWORD bytes. The caller wipes
 * w. Returns 0 or CHAT_EINTERNAL. chat-protocol(7), KEY AGREEMENT.
 */
int spake2_w(const struct suite *suite, const struct spake2 *spake2,
    const char *from, const char *to, const char *password_from,
    const char *password_to, uint8_t w[SIZE_SCALAR]);

/*
 * Sets party->share from its role, scalar and w: w*M + x*G for role A, w*N +
 * y*G for role B. Returns 0; CHAT_ESCALAR if the scalar is not from 1 to the
 * group order - 1: draw another; CHAT_EINTERNAL.
 */
int spake2_share(const struct spake2 *spake2, struct spake2_party *party);

/*
 * Returns 0 if a peer's share is an uncompressed point on the curve;
 * CHAT_EPOINT if not; CHAT_EINTERNAL.
 */
int spake2_check(const struct spake2 *spake2, const uint8_t share[SIZE_POINT]);

/*
 * Computes DHSK = H(TT) from the party and the peer's share. Always wipes
 * party->w and party->scalar; the caller wipes dhsk. Returns 0; CHAT_EPOINT if
 * the peer's share is not an uncompressed point on the curve, or if K is at
 * infinity; CHAT_EINTERNAL.
 */
int spake2_finish(const struct suite *suite, const struct spake2 *spake2,
    struct spake2_party *party, const uint8_t peer[SIZE_POINT],
    uint8_t dhsk[SIZE_HASH]);

#endif
