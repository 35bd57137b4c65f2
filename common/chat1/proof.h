/* Proofs and MACs: only a holder of the session's keys can compute them. */
#ifndef COMMON_CHAT1_PROOF_H
#define COMMON_CHAT1_PROOF_H

#include "common/chat1/frame.h"
#include "common/chat1/keys.h"
#include "common/chat1/transcript.h"

enum direction {
	SENDER_TO_LISTENER,
	LISTENER_TO_SENDER,
};

/*
 * PS = HMAC(CHAP_SECRET, "chat1 sender proof\0" || T2 || CL || CS).
 * Returns 0 or CHAT_EINTERNAL. chat-protocol(7), PROOFS.
 */
int proof_sender(const struct suite *suite,
    const uint8_t chap_secret[SIZE_HASH], const uint8_t t2[SIZE_HASH],
    const uint8_t cl[SIZE_NONCE], const uint8_t cs[SIZE_NONCE],
    uint8_t proof[SIZE_HASH]);

/*
 * PL = HMAC(CHAP_SECRET, "chat1 listener proof\0" || T3 || CS). Returns 0 or
 * CHAT_EINTERNAL.
 */
int proof_listener(const struct suite *suite,
    const uint8_t chap_secret[SIZE_HASH], const uint8_t t3[SIZE_HASH],
    const uint8_t cs[SIZE_NONCE], uint8_t proof[SIZE_HASH]);

/*
 * The MAC of frame n: HMAC(HMAC_key, D || T(n-1) || F). D names the direction,
 * `before` is T(n-1), and F is the line with an empty hmac_val; has_mac tells
 * whether the line has a MAC already. Returns 0 or CHAT_EINTERNAL.
 * chat-protocol(7), MESSAGE AUTHENTICATION.
 */
int proof_mac(const struct suite *suite, const uint8_t hmac_key[SIZE_HASH],
    enum direction direction, const struct transcript *before,
    const struct line *line, bool has_mac, uint8_t mac[SIZE_HASH]);

/* Compares two proofs or MACs in constant time. */
bool proof_equal(const uint8_t a[SIZE_HASH], const uint8_t b[SIZE_HASH]);

#endif
