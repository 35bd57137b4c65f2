/* AES-256-CBC, one cipher of libcrypto's default provider. */
#include "common/cipher.h"

#include <openssl/core_names.h>

#include <stdbool.h>
#include <string.h>

#include "common/error.h"

#define NAME "AES-256-CBC"

/* Names stand between colons. */
static bool
is_named(const OSSL_ALGORITHM *algorithm)
{
	return strncmp(algorithm->algorithm_names, NAME ":", sizeof(NAME)) == 0;
}

static void
take(struct cipher *cipher, const OSSL_DISPATCH *function)
{
	switch (function->function_id) {
	case OSSL_FUNC_CIPHER_NEWCTX:
		cipher->newctx = OSSL_FUNC_cipher_newctx(function);
		break;
	case OSSL_FUNC_CIPHER_FREECTX:
		cipher->freectx = OSSL_FUNC_cipher_freectx(function);
		break;
	case OSSL_FUNC_CIPHER_ENCRYPT_INIT:
		cipher->encrypt_init = OSSL_FUNC_cipher_encrypt_init(function);
		break;
	case OSSL_FUNC_CIPHER_DECRYPT_INIT:
		cipher->decrypt_init = OSSL_FUNC_cipher_decrypt_init(function);
		break;
	case OSSL_FUNC_CIPHER_UPDATE:
		cipher->update = OSSL_FUNC_cipher_update(function);
		break;
	case OSSL_FUNC_CIPHER_FINAL:
		cipher->final = OSSL_FUNC_cipher_final(function);
		break;
	}
}

static bool
is_whole(const struct cipher *cipher)
{
	return cipher->newctx != NULL && cipher->freectx != NULL &&
	    cipher->encrypt_init != NULL && cipher->decrypt_init != NULL &&
	    cipher->update != NULL && cipher->final != NULL;
}

int
cipher_open(struct cipher *cipher)
{
	const OSSL_ALGORITHM *all, *one;
	int no_cache;

	memset(cipher, 0, sizeof(*cipher));
	cipher->provider = OSSL_PROVIDER_load(NULL, "default");
	if (cipher->provider == NULL)
		return CHAT_EINTERNAL;
	all = one = OSSL_PROVIDER_query_operation(
	    cipher->provider, OSSL_OP_CIPHER, &no_cache);
	while (one != NULL && one->algorithm_names != NULL && !is_named(one))
		one++;
	if (one != NULL && one->algorithm_names != NULL)
		for (const OSSL_DISPATCH *function = one->implementation;
		     function->function_id != 0; function++)
			take(cipher, function);
	OSSL_PROVIDER_unquery_operation(cipher->provider, OSSL_OP_CIPHER, all);
	if (is_whole(cipher))
		return CHAT_OK;
	cipher_close(cipher);
	return CHAT_EINTERNAL;
}

void
cipher_close(struct cipher *cipher)
{
	if (cipher->provider != NULL)
		(void)OSSL_PROVIDER_unload(cipher->provider);
	memset(cipher, 0, sizeof(*cipher));
}

/* The same for both directions, which differ in how they begin. */
static int
run(const struct cipher *cipher, OSSL_FUNC_cipher_encrypt_init_fn *init,
    const uint8_t key[SIZE_HASH], const uint8_t iv[SIZE_BLOCK],
    const void *from, size_t len, uint8_t *to, size_t size, size_t *to_len)
{
	void *ctx =
	    cipher->newctx(OSSL_PROVIDER_get0_provider_ctx(cipher->provider));
	int error = CHAT_EINTERNAL;
	size_t head, tail;

	if (ctx == NULL ||
	    init(ctx, key, SIZE_HASH, iv, SIZE_BLOCK, NULL) != 1 ||
	    cipher->update(ctx, to, &head, size, from, len) != 1)
		goto out;
	error = CHAT_EMALFORMED;
	if (cipher->final(ctx, to + head, &tail, size - head) != 1)
		goto out;
	*to_len = head + tail;
	error = CHAT_OK;
out:
	if (ctx != NULL)
		cipher->freectx(ctx);
	return error;
}

int
cipher_encrypt(const struct cipher *cipher, const uint8_t key[SIZE_HASH],
    const uint8_t iv[SIZE_BLOCK], const void *from, size_t len, uint8_t *to,
    size_t size, size_t *to_len)
{
	int error = run(
	    cipher, cipher->encrypt_init, key, iv, from, len, to, size, to_len);

	return error == CHAT_EMALFORMED ? CHAT_EINTERNAL : error;
}

int
cipher_decrypt(const struct cipher *cipher, const uint8_t key[SIZE_HASH],
    const uint8_t iv[SIZE_BLOCK], const void *from, size_t len, uint8_t *to,
    size_t size, size_t *to_len)
{
	return run(
	    cipher, cipher->decrypt_init, key, iv, from, len, to, size, to_len);
}
