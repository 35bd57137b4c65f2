/*
 * Frames, the PDUs of chat1: one line of JSON with a single valid spelling, so
 * that no JSON parser is needed. chat-protocol(7), FRAMES.
 */
#ifndef COMMON_CHAT1_FRAME_H
#define COMMON_CHAT1_FRAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/limits.h"
#include "common/base/line.h"
#include "common/chat1/suite.h"

enum frame_type {
	FRAME_HELLO,
	FRAME_CHALLENGE,
	FRAME_RESPONSE,
	FRAME_CONFIRM,
	FRAME_TEXT,
	FRAME_ACK,
	FRAME_NACK,
	FRAME_LINES, /* a batch, in the place of the text */
};

/* The reason for a nack: its only payload byte. */
enum nack_reason {
	NACK_MALFORMED = 1,
	NACK_VERSION = 2,
	NACK_CLOCK = 3,
	NACK_NOT_AUTHENTIC = 4,
	NACK_BUSY = 6,
	NACK_NOT_DELIVERED = 7,
	NACK_TAKEN = 8,
	NACK_WAIT = 9,
};

/* The contents of a line. The caller owns the payload. */
struct frame {
	enum frame_type type;
	int64_t time; /* seconds since the epoch */
	const uint8_t *payload;
	size_t payload_len;
	bool has_mac;
	uint8_t mac[SIZE_HASH];
};

/*
 * Encodes a frame into *line. frame->payload has frame->payload_len bytes.
 * Returns 0; CHAT_ETOOLONG if the line would exceed the limit of its type;
 * CHAT_EMALFORMED if the year of the time is not from 0 to 9999.
 */
int frame_encode(const struct frame *frame, struct line *line);

/*
 * Decodes a line into *frame. The payload goes into `payload`, which has room
 * for size bytes and which frame->payload then points to; LIMIT_CIPHERTEXT
 * bytes suffice for every frame. Returns 0, or CHAT_EMALFORMED unless the line
 * is byte for byte what frame_encode() would write.
 */
int frame_decode(const struct line *line, struct frame *frame, uint8_t *payload,
    size_t size);

/*
 * Sets spans to the two pieces of the line that its MAC covers: all but the
 * digits of the MAC. The spans point into the line, which must come from
 * frame_encode() or have passed frame_decode().
 */
void frame_without_mac(
    const struct line *line, bool has_mac, struct span spans[2]);

/* Whether a frame of this type is in the place of the text. */
bool frame_is_text(enum frame_type type);

/* Inserts a MAC into a line that has none. Returns 0 or CHAT_ETOOLONG. */
int frame_set_mac(struct line *line, const uint8_t mac[SIZE_HASH]);

/* Returns the maximum length of a line of this type in bytes, LF included. */
size_t frame_limit(enum frame_type type);

#endif
