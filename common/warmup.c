/* First uses, done ahead of time. */
#include "common/warmup.h"

#include <stdlib.h>

#include "common/error.h"
#include "common/frame.h"
#include "common/seal.h"

/* Base64, JSON. A line is large, and would touch all of a stack. */
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

int
warmup(const struct suite *suite)
{
	const uint8_t zero[SIZE_HASH] = {0};
	struct span span = {zero, sizeof(zero)};
	struct keys to_seal = {0}, to_open = {0};
	uint8_t digest[64], sealed[SIZE_BLOCK];
	size_t len;

	if (suite_sha512(suite, &span, 1, digest) != 0 ||
	    suite_sha256(suite, &span, 1, digest) != 0 ||
	    suite_hmac(suite, zero, sizeof(zero), &span, 1, digest) != 0 ||
	    seal_encrypt(
		suite, &to_seal, "", 0, sealed, sizeof(sealed), &len) != 0 ||
	    seal_decrypt(suite, &to_open, sealed, len, digest, &len) != 0)
		return CHAT_EINTERNAL;
	return warm_frame();
}
