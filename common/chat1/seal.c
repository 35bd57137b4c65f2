/* AES-256-CBC: one text for each key. */
#include "common/chat1/seal.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/error.h"

int
seal_encrypt(const struct suite *suite, struct keys *keys, const void *text,
    size_t len, uint8_t *ciphertext, size_t size, size_t *ciphertext_len)
{
	EVP_CIPHER_CTX *ctx = NULL;
	int error = CHAT_EINTERNAL;
	int head, tail;

	if (keys->spent)
		abort();
	if (len > LIMIT_TEXT || size < len - len % SIZE_BLOCK + SIZE_BLOCK)
		return CHAT_ETOOLONG;
	keys->spent = true;
	ctx = EVP_CIPHER_CTX_new();
	if (ctx == NULL ||
	    EVP_EncryptInit_ex2(
		ctx, suite->aes256_cbc, keys->enc_key, keys->iv, NULL) != 1 ||
	    EVP_EncryptUpdate(ctx, ciphertext, &head, text, (int)len) != 1 ||
	    EVP_EncryptFinal_ex(ctx, ciphertext + head, &tail) != 1)
		goto out;
	*ciphertext_len = (size_t)head + (size_t)tail;
	error = CHAT_OK;
out:
	explicit_bzero(keys->enc_key, sizeof(keys->enc_key));
	EVP_CIPHER_CTX_free(ctx);
	return error;
}

int
seal_decrypt(const struct suite *suite, const struct keys *keys,
    const uint8_t *ciphertext, size_t len, uint8_t *text, size_t *text_len)
{
	EVP_CIPHER_CTX *ctx = NULL;
	int error = CHAT_EINTERNAL;
	int head, tail;

	if (len == 0 || len % SIZE_BLOCK != 0 || len > LIMIT_CIPHERTEXT)
		return CHAT_EMALFORMED;
	ctx = EVP_CIPHER_CTX_new();
	if (ctx == NULL ||
	    EVP_DecryptInit_ex2(
		ctx, suite->aes256_cbc, keys->enc_key, keys->iv, NULL) != 1 ||
	    EVP_DecryptUpdate(ctx, text, &head, ciphertext, (int)len) != 1)
		goto out;
	error = CHAT_EMALFORMED;
	if (EVP_DecryptFinal_ex(ctx, text + head, &tail) != 1)
		goto out;
	*text_len = (size_t)head + (size_t)tail;
	error = CHAT_OK;
out:
	EVP_CIPHER_CTX_free(ctx);
	return error;
}
