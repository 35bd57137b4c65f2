/* AES-256-CBC, once a session in each direction that has a text. */
#include "common/seal.h"

#include <stdlib.h>
#include <string.h>

#include "common/error.h"

int
seal_encrypt(const struct suite *suite, struct keys *keys, const void *text,
    size_t len, uint8_t *sealed, size_t size, size_t *sealed_len)
{
	int error;

	if (keys->spent)
		abort();
	if (len > LIMIT_TEXT || size < len - len % SIZE_BLOCK + SIZE_BLOCK)
		return CHAT_ETOOLONG;
	keys->spent = true;
	error = cipher_encrypt(&suite->aes256_cbc, keys->enc_key, keys->iv,
	    text, len, sealed, size, sealed_len);
	explicit_bzero(keys->enc_key, sizeof(keys->enc_key));
	return error;
}

int
seal_decrypt(const struct suite *suite, const struct keys *keys,
    const uint8_t *sealed, size_t len, uint8_t *text, size_t *text_len)
{
	if (len == 0 || len % SIZE_BLOCK != 0 || len > LIMIT_CIPHERTEXT)
		return CHAT_EMALFORMED;
	return cipher_decrypt(&suite->aes256_cbc, keys->enc_key, keys->iv,
	    sealed, len, text, len, text_len);
}
