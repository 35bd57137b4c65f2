/* First uses, done ahead of time. */
#include "common/chat1/warmup.h"

#include <openssl/err.h>

#include <stdlib.h>

#include "common/base/error.h"
#include "common/chat1/frame.h"
#include "common/chat1/seal.h"

/* Base64 and hexadecimal. A line is too large for the stack. */
static int
warm_frame(void)
{
	struct frame frame = {.type = FRAME_ACK};
	struct line *line = malloc(sizeof(*line));
	uint8_t payload[SIZE_BLOCK];
	int error = CHAT_EINTERNAL;

	if (line != NULL && (error = frame_encode(&frame, line)) == 0)
		error = frame_decode(line, &frame, payload, sizeof(payload));
	free(line);
	return error;
}

/*
 * AES in both directions, and a failure, for which libcrypto loads its errors.
 */
static int
warm_seal(const struct suite *suite)
{
	struct keys to_seal = {0}, to_open = {0};
	uint8_t ciphertext[SIZE_BLOCK], text[SIZE_BLOCK];
	size_t len;

	if (seal_encrypt(suite, &to_seal, "", 0, ciphertext, sizeof(ciphertext),
		&len) != 0 ||
	    seal_decrypt(suite, &to_open, ciphertext, len, text, &len) != 0)
		return CHAT_EINTERNAL;
	ciphertext[0] ^= 1; /* makes the padding wrong */
	if (seal_decrypt(suite, &to_open, ciphertext, sizeof(ciphertext), text,
		&len) != CHAT_EMALFORMED)
		return CHAT_EINTERNAL;
	ERR_clear_error();
	return CHAT_OK;
}

int
warmup_run(const struct suite *suite)
{
	const uint8_t zero[SIZE_HASH] = {0};
	struct span span = {zero, sizeof(zero)};
	uint8_t digest[64];

	if (suite_sha512(suite, &span, 1, digest) != 0 ||
	    suite_sha256(suite, &span, 1, digest) != 0 ||
	    suite_hmac(suite, zero, sizeof(zero), &span, 1, digest) != 0 ||
	    warm_seal(suite) != 0)
		return CHAT_EINTERNAL;
	return warm_frame();
}
