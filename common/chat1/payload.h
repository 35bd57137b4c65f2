/* The payloads of chat1's frames. chat-protocol(7), MESSAGE FLOW. */
#ifndef COMMON_CHAT1_PAYLOAD_H
#define COMMON_CHAT1_PAYLOAD_H

#include "common/chat1/frame.h"

#define CHAT1_VERSION 1

#define HELLO_MAX (1 + SIZE_ID + 2 * (1 + LIMIT_NAME) + SIZE_POINT)
#define CHALLENGE_LEN (1 + SIZE_POINT + SIZE_NONCE)
#define RESPONSE_LEN (SIZE_HASH + SIZE_NONCE)

/* A hello, as pointers into memory that the caller owns. */
struct hello {
	const uint8_t *id;     /* SIZE_ID bytes */
	const char *from, *to; /* ending with NUL */
	const uint8_t *share;  /* pA, SIZE_POINT bytes */
};

/* Writes at most HELLO_MAX bytes; returns how many. Names are in limits. */
size_t payload_hello_pack(const struct hello *hello, uint8_t *payload);

/*
 * Reads len bytes. The names are copied to from and to, which have room for
 * LIMIT_NAME bytes and a NUL, and hello then points there and into payload.
 * Returns 0, CHAT_EVERSION or CHAT_EMALFORMED.
 */
int payload_hello_unpack(const uint8_t *payload, size_t len, char *from,
    char *to, struct hello *hello);

/* The error that a nack means; CHAT_EMALFORMED for an unknown reason. */
int payload_nack_error(const struct frame *frame);

/* The reason to give for an error; NACK_MALFORMED where none fits better. */
enum payload_nack_reason payload_nack_reason(int error);

#endif
