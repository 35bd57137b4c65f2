/*
 * SPAKE2 over P-256, RFC 9382, on libcrypto's EC_POINT functions. A is the
 * initiator (chat-send), B the responder (the keyholder of chat-listen).
 */
#ifndef COMMON_CHAT1_SPAKE2_H
#define COMMON_CHAT1_SPAKE2_H

#include "common/chat1/suite.h"

struct spake2; /* the group, M, N and scratch memory */

enum spake2_role {
	SPAKE2_A,
	SPAKE2_B,
};

/* Everything that both sides' shared key depends on. */
struct spake2_party {
	enum spake2_role role; /* ours */
	const char *a, *b;     /* names: identities of initiator, responder */
	uint8_t w[SIZE_SCALAR];
	uint8_t scalar[SIZE_SCALAR]; /* x or y: ours, secret, used once */
	uint8_t share[SIZE_POINT];   /* pA or pB: ours, public */
};

/* Builds the group. Returns 0 or CHAT_EINTERNAL. spake2_close() frees. */
int spake2_open(struct spake2 **spake2);
void spake2_close(struct spake2 *spake2);

/*
 * w = SHA-512("chat1 spake2 w\0" || lv2(from, to, pw(from), pw(to))) modulo
 * the group order, big-endian; lv2 puts two length bytes before each item.
 * Strings end with NUL, at most LIMIT_PASSWORD bytes each. Returns 0 or
 * CHAT_EINTERNAL. chat-protocol(7), KEY AGREEMENT.
 */
int spake2_w(const struct suite *suite, const struct spake2 *spake2,
    const char *from, const char *to, const char *password_from,
    const char *password_to, uint8_t w[SIZE_SCALAR]);

/*
 * party->share = w*M + x*G for role A, w*N + y*G for role B. Returns 0;
 * CHAT_ESCALAR when the scalar is not from 1 to the group order - 1 (draw
 * another); CHAT_EINTERNAL.
 */
int spake2_share(const struct spake2 *spake2, struct spake2_party *party);

/*
 * Returns 0 when a peer's share is an uncompressed point on the curve;
 * CHAT_EPOINT when it is not; CHAT_EINTERNAL.
 */
int spake2_check(const struct spake2 *spake2, const uint8_t share[SIZE_POINT]);

/*
 * DHSK = H(TT), of the party and the peer's share. Wipes w and the scalar on
 * every path. Returns 0; CHAT_EPOINT when the peer's share is not an
 * uncompressed point on the curve or leads to K at infinity; CHAT_EINTERNAL.
 */
int spake2_finish(const struct suite *suite, const struct spake2 *spake2,
    struct spake2_party *party, const uint8_t peer[SIZE_POINT],
    uint8_t dhsk[SIZE_HASH]);

#endif
