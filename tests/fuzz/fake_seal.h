/*
 * Replaces common/chat1/seal.c: a cipher that only adds the padding, so that a
 * fuzzer decides about the text.
 */
#ifndef TESTS_FUZZ_FAKE_SEAL_H
#define TESTS_FUZZ_FAKE_SEAL_H

#include "common/base/error.h"
#include "common/chat1/seal.h"
#include "tests/fuzz/fuzz.h"

static struct {
	unsigned encrypted, decrypted; /* calls so far */
} fake_seal;

int
seal_encrypt(const struct suite *suite, struct keys *keys, const void *text,
    size_t len, uint8_t *ciphertext, size_t size, size_t *ciphertext_len)
{
	size_t pad = SIZE_BLOCK - len % SIZE_BLOCK;

	HOLDS(suite != NULL);
	HOLDS(!keys->spent && !all_zero(keys->enc_key, SIZE_HASH));
	fake_seal.encrypted++;
	if (len > LIMIT_TEXT || size < len + pad)
		return CHAT_ETOOLONG;
	keys->spent = true;
	memcpy(ciphertext, text, len);
	memset(ciphertext + len, (int)pad, pad);
	*ciphertext_len = len + pad;
	explicit_bzero(keys->enc_key, sizeof(keys->enc_key));
	return CHAT_OK;
}

int
seal_decrypt(const struct suite *suite, const struct keys *keys,
    const uint8_t *ciphertext, size_t len, uint8_t *text, size_t *text_len)
{
	size_t pad;

	HOLDS(suite != NULL);
	HOLDS(!all_zero(keys->enc_key, SIZE_HASH));
	fake_seal.decrypted++;
	if (len == 0 || len % SIZE_BLOCK != 0 || len > LIMIT_CIPHERTEXT)
		return CHAT_EMALFORMED;
	memcpy(text, ciphertext, len); /* like the real one: with the padding */
	pad = ciphertext[len - 1];
	if (pad == 0 || pad > SIZE_BLOCK)
		return CHAT_EMALFORMED;
	for (size_t i = 1; i <= pad; i++)
		if (ciphertext[len - i] != pad)
			return CHAT_EMALFORMED;
	*text_len = len - pad;
	return CHAT_OK;
}

#endif
