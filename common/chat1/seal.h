/* The one encryption of a session: AES-256-CBC with PKCS#7 padding. */
#ifndef COMMON_CHAT1_SEAL_H
#define COMMON_CHAT1_SEAL_H

#include "common/chat1/keys.h"

/*
 * Encrypts len bytes of text (0 to LIMIT_TEXT) into ciphertext, which has room
 * for size bytes and takes the next multiple of 16 above len. The IV follows
 * from the key, therefore a key encrypts one text only: enc_key is wiped
 * here, and a second call with the same keys is a bug that aborts.
 * Returns 0, CHAT_ETOOLONG or CHAT_EINTERNAL. chat-protocol(7), TEXT.
 */
int seal_encrypt(const struct suite *suite, struct keys *keys, const void *text,
    size_t len, uint8_t *ciphertext, size_t size, size_t *ciphertext_len);

/*
 * Decrypts len bytes (a positive multiple of 16, at most LIMIT_CIPHERTEXT)
 * into text, which has room for len bytes and may be ciphertext itself. Only
 * for what its MAC has proven. Returns 0, CHAT_EMALFORMED for a wrong length or
 * padding, CHAT_EINTERNAL.
 */
int seal_decrypt(const struct suite *suite, const struct keys *keys,
    const uint8_t *ciphertext, size_t len, uint8_t *text, size_t *text_len);

#endif
