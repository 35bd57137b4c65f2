/*
 * The one cipher suite of chat1, got from libcrypto once and shared by
 * every operation: SHA-256, SHA-512, HMAC-SHA256, AES-256-CBC.
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
	EVP_MAC_CTX *hmac_sha256; /* without a key; duplicated for each use */
	EVP_CIPHER *aes256_cbc;
};

/* A run of bytes that the caller owns. */
struct span {
	const void *data;
	size_t len;
};

/*
 * Starts libcrypto without its configuration file, with memory that is wiped
 * when it is freed, and gets the algorithms. Returns 0 or CHAT_EINTERNAL.
 * suite_close() frees.
 */
int suite_open(struct suite *suite);

void suite_close(struct suite *suite);

/*
 * digest = H(spans[0] || spans[1] || ...), 32 bytes for SHA-256 and 64 for
 * SHA-512. Return 0 or CHAT_EINTERNAL. FIPS 180-4.
 */
int suite_sha256(const struct suite *suite, const struct span *spans,
    size_t count, uint8_t digest[SIZE_HASH]);
int suite_sha512(const struct suite *suite, const struct span *spans,
    size_t count, uint8_t digest[64]);

/*
 * mac = HMAC-SHA256(key, spans[0] || spans[1] || ...), RFC 2104. The key has
 * at least one byte. Returns 0 or CHAT_EINTERNAL.
 */
int suite_hmac(const struct suite *suite, const void *key, size_t key_len,
    const struct span *spans, size_t count, uint8_t mac[SIZE_HASH]);

#endif
