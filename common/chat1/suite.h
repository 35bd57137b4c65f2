/*
 * The cipher suite of chat1, fetched from libcrypto once and used by every
 * operation: SHA-256, SHA-512, HMAC-SHA256, AES-256-CBC.
 */
#ifndef COMMON_CHAT1_SUITE_H
#define COMMON_CHAT1_SUITE_H

#include <openssl/evp.h>

#include <stddef.h>
#include <stdint.h>

#include "common/base/limits.h"

struct suite {
	EVP_MD *sha256;
	EVP_MD *sha512;
	EVP_MAC_CTX *hmac_sha256; /* without a key; copied for each use */
	EVP_CIPHER *aes256_cbc;
};

/* Bytes that the caller owns. */
struct span {
	const void *data;
	size_t len;
};

/*
 * Starts libcrypto and fetches the algorithms. libcrypto reads no configuration
 * file, and wipes memory that it frees. Returns 0 or CHAT_EINTERNAL. The caller
 * frees the suite with suite_close().
 */
int suite_open(struct suite *suite);

void suite_close(struct suite *suite);

/*
 * digest = H(spans[0] || ... || spans[count - 1]): 32 bytes for SHA-256, 64 for
 * SHA-512. Return 0 or CHAT_EINTERNAL. FIPS 180-4.
 */
int suite_sha256(const struct suite *suite, const struct span *spans,
    size_t count, uint8_t digest[SIZE_HASH]);
int suite_sha512(const struct suite *suite, const struct span *spans,
    size_t count, uint8_t digest[64]);

/*
 * mac = HMAC-SHA256(key, spans[0] || ... || spans[count - 1]), RFC 2104. The
 * key has key_len bytes, at least one. Returns 0 or CHAT_EINTERNAL.
 */
int suite_hmac(const struct suite *suite, const void *key, size_t key_len,
    const struct span *spans, size_t count, uint8_t mac[SIZE_HASH]);

#endif
