/* The payloads of chat1's frames. chat-protocol(7), MESSAGE FLOW. */
#ifndef COMMON_CHAT1_PAYLOAD_H
#define COMMON_CHAT1_PAYLOAD_H

#include "common/chat1/frame.h"

#define CHAT1_VERSION 1

#define HELLO_MAX (1 + SIZE_ID + 2 * (1 + LIMIT_NAME) + SIZE_POINT)
#define CHALLENGE_LEN (1 + SIZE_POINT + SIZE_NONCE)
#define RESPONSE_LEN (SIZE_HASH + SIZE_NONCE)

/* A hello. The caller owns what its members point to. */
struct hello {
	const uint8_t *id;     /* SIZE_ID bytes */
	const char *from, *to; /* ending with NUL */
	const uint8_t *share;  /* pA, SIZE_POINT bytes */
};

/*
 * Writes a hello of at most HELLO_MAX bytes; its names must be valid. Returns
 * the number of bytes.
 */
size_t payload_hello_pack(const struct hello *hello, uint8_t *payload);

/*
 * Reads a hello of len bytes. Copies the names to `from` and `to`, which have
 * room for LIMIT_NAME bytes and a NUL. *hello then points to these copies and
 * into the payload. Returns 0, CHAT_EVERSION or CHAT_EMALFORMED.
 */
int payload_hello_unpack(const uint8_t *payload, size_t len, char *from,
    char *to, struct hello *hello);

/*
 * Returns the error for the reason of a nack; CHAT_EMALFORMED if the reason is
 * unknown.
 */
int payload_nack_error(const struct frame *frame);

/* Returns the reason for an error; NACK_MALFORMED if no other fits. */
enum nack_reason payload_nack_reason(int error);

#endif
