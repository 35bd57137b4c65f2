/*
 * AES-256-CBC with PKCS#7 padding: the text of a session, and its receipt under
 * a key of its own.
 */
#ifndef COMMON_CHAT1_SEAL_H
#define COMMON_CHAT1_SEAL_H

#include "common/chat1/keys.h"

/*
 * Encrypts len bytes of text, at most LIMIT_TEXT, into ciphertext, which has
 * room for size bytes. The ciphertext has the next multiple of 16 above len
 * bytes; *ciphertext_len is set to that.
 * The IV is derived from the key, so a key may encrypt one text only: enc_key
 * is wiped, and a second call with the same keys is a bug and aborts.
 * Returns 0, CHAT_ETOOLONG or CHAT_EINTERNAL. chat-protocol(7), TEXT.
 */
int seal_encrypt(const struct suite *suite, struct keys *keys, const void *text,
    size_t len, uint8_t *ciphertext, size_t size, size_t *ciphertext_len);

/*
 * Decrypts len bytes of ciphertext, a positive multiple of 16 and at most
 * LIMIT_CIPHERTEXT, into text, which has room for len bytes and may be the same
 * buffer. *text_len is set to the length without padding. Check the MAC first.
 * Returns 0; CHAT_EMALFORMED for a wrong length or padding; CHAT_EINTERNAL.
 */
int seal_decrypt(const struct suite *suite, const struct keys *keys,
    const uint8_t *ciphertext, size_t len, uint8_t *text, size_t *text_len);

#endif
