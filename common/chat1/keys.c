/* From the Diffie-Hellman shared key to the keys of one session. */
#include "common/chat1/keys.h"

#include <string.h>

#include "common/base/error.h"

static int
hash(const struct suite *suite, const uint8_t from[SIZE_HASH],
    uint8_t to[SIZE_HASH])
{
	struct span span = {from, SIZE_HASH};

	return suite_sha256(suite, &span, 1, to);
}

int
keys_derive(const struct suite *suite, const void *password,
    size_t password_len, const uint8_t dhsk[SIZE_HASH],
    uint8_t enc_key[SIZE_HASH])
{
	struct span message = {dhsk, SIZE_HASH};

	return suite_hmac(suite, password, password_len, &message, 1, enc_key);
}

int
keys_expand(const struct suite *suite, const uint8_t enc_key[SIZE_HASH],
    struct keys *keys)
{
	uint8_t iv32[SIZE_HASH];
	int error;

	keys_wipe(keys);
	memcpy(keys->enc_key, enc_key, SIZE_HASH);
	if ((error = hash(suite, enc_key, iv32)) != 0 ||
	    (error = hash(suite, iv32, keys->hmac_key)) != 0 ||
	    (error = hash(suite, keys->hmac_key, keys->chap_secret)) != 0)
		keys_wipe(keys);
	else
		memcpy(keys->iv, iv32, SIZE_BLOCK);
	explicit_bzero(iv32, sizeof(iv32));
	return error;
}

int
keys_reply(
    const struct suite *suite, const struct keys *keys, struct keys *reply)
{
	uint8_t iv32[SIZE_HASH];
	int error;

	keys_wipe(reply);
	if ((error = hash(suite, keys->chap_secret, reply->enc_key)) != 0 ||
	    (error = hash(suite, reply->enc_key, iv32)) != 0)
		keys_wipe(reply);
	else
		memcpy(reply->iv, iv32, SIZE_BLOCK);
	explicit_bzero(iv32, sizeof(iv32));
	return error;
}

void
keys_wipe(struct keys *keys)
{
	explicit_bzero(keys, sizeof(*keys));
}
