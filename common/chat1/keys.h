/* The key schedule, fixed by the product: chat-protocol(7), KEY SCHEDULE. */
#ifndef COMMON_CHAT1_KEYS_H
#define COMMON_CHAT1_KEYS_H

#include <stdbool.h>

#include "common/chat1/suite.h"

/* The keys of one session. Whoever holds one calls keys_wipe() at its end. */
struct keys {
	uint8_t enc_key[SIZE_HASH];
	uint8_t iv[SIZE_BLOCK];
	uint8_t hmac_key[SIZE_HASH];
	uint8_t chap_secret[SIZE_HASH];
	bool spent; /* enc_key and its fixed IV have encrypted their one text */
};

/*
 * enc_key = HMAC-SHA256(key = secret, message = DHSK). The secret, pw(to),
 * has 1 to LIMIT_PASSWORD bytes. Returns 0 or CHAT_EINTERNAL.
 */
int keys_derive(const struct suite *suite, const void *secret,
    size_t secret_len, const uint8_t dhsk[SIZE_HASH],
    uint8_t enc_key[SIZE_HASH]);

/*
 * Everything that follows from enc_key: IV32 = H(enc_key), IV its first 16
 * bytes, HMAC_key = H(IV32), CHAP_SECRET = H(HMAC_key). On failure the keys
 * are wiped. Returns 0 or CHAT_EINTERNAL.
 */
int keys_expand(const struct suite *suite, const uint8_t enc_key[SIZE_HASH],
    struct keys *keys);

void keys_wipe(struct keys *keys);

#endif
