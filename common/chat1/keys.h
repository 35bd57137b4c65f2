/*
 * The key schedule, as the product defines it: chat-protocol(7), KEY SCHEDULE.
 */
#ifndef COMMON_CHAT1_KEYS_H
#define COMMON_CHAT1_KEYS_H

#include <stdbool.h>

#include "common/chat1/suite.h"

/* The keys of one session. The owner wipes them with keys_wipe(). */
struct keys {
	uint8_t enc_key[SIZE_HASH];
	uint8_t iv[SIZE_BLOCK];
	uint8_t hmac_key[SIZE_HASH];
	uint8_t chap_secret[SIZE_HASH];
	bool spent; /* enc_key and its IV have encrypted their only text */
};

/*
 * enc_key = HMAC-SHA256(key = password, message = DHSK). The password is
 * pw(to), of password_len bytes, 1 to LIMIT_PASSWORD. Returns 0 or
 * CHAT_EINTERNAL.
 */
int keys_derive(const struct suite *suite, const void *password,
    size_t password_len, const uint8_t dhsk[SIZE_HASH],
    uint8_t enc_key[SIZE_HASH]);

/*
 * Derives everything else from enc_key: IV32 = H(enc_key), IV = its first 16
 * bytes, HMAC_key = H(IV32), CHAP_SECRET = H(HMAC_key). The caller wipes
 * enc_key. After an error *keys is wiped. Returns 0 or CHAT_EINTERNAL.
 */
int keys_expand(const struct suite *suite, const uint8_t enc_key[SIZE_HASH],
    struct keys *keys);

/*
 * Derives the keys of the reply, which encrypt the receipt: enc_key =
 * H(CHAP_SECRET), IV = the first 16 bytes of H(enc_key). The rest of *reply is
 * zero. The caller wipes *reply. Returns 0 or CHAT_EINTERNAL.
 */
int keys_reply(
    const struct suite *suite, const struct keys *keys, struct keys *reply);

void keys_wipe(struct keys *keys);

#endif
