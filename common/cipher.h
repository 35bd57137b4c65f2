/*
 * AES-256-CBC with PKCS#7 padding, from libcrypto's default provider, called
 * as provider-cipher(7) says. EVP_CIPHER_fetch() would make all of its 130
 * ciphers ready for use first, which takes a third of all that a chat-send
 * computes.
 */
#ifndef COMMON_CIPHER_H
#define COMMON_CIPHER_H

#include <openssl/core_dispatch.h>
#include <openssl/provider.h>

#include <stddef.h>
#include <stdint.h>

#include "common/limits.h"

struct cipher {
	OSSL_PROVIDER *provider;
	OSSL_FUNC_cipher_newctx_fn *newctx;
	OSSL_FUNC_cipher_freectx_fn *freectx;
	OSSL_FUNC_cipher_encrypt_init_fn *encrypt_init;
	OSSL_FUNC_cipher_decrypt_init_fn *decrypt_init;
	OSSL_FUNC_cipher_update_fn *update;
	OSSL_FUNC_cipher_final_fn *final;
};

/* Returns 0 or CHAT_EINTERNAL. cipher_close() frees, and may come twice. */
int cipher_open(struct cipher *cipher);
void cipher_close(struct cipher *cipher);

/*
 * Encrypts or decrypts len bytes into to, which has room for size bytes and
 * may be where they are: the next multiple of SIZE_BLOCK above len are needed
 * to encrypt, len to decrypt. Returns 0; CHAT_EMALFORMED when what was
 * decrypted does not end in padding; CHAT_EINTERNAL.
 */
int cipher_encrypt(const struct cipher *cipher, const uint8_t key[SIZE_HASH],
    const uint8_t iv[SIZE_BLOCK], const void *from, size_t len, uint8_t *to,
    size_t size, size_t *to_len);
int cipher_decrypt(const struct cipher *cipher, const uint8_t key[SIZE_HASH],
    const uint8_t iv[SIZE_BLOCK], const void *from, size_t len, uint8_t *to,
    size_t size, size_t *to_len);

#endif
