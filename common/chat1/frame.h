/*
 * Frames, the PDUs of chat1: one line of JSON in one canonical spelling, for
 * which nobody needs a parser of JSON.
 * chat-protocol(7), FRAMES.
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
};

/* Why a nack was sent: its one payload byte. */
enum payload_nack_reason {
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
	bool has_mac; /* carries a MAC */
	uint8_t mac[SIZE_HASH];
};

/*
 * Spells a frame. Returns 0; CHAT_ETOOLONG when it would exceed the limit of
 * its type; CHAT_EMALFORMED when the time has no spelling.
 */
int frame_encode(const struct frame *frame, struct line *line);

/*
 * Matches a line against the template. The payload is decoded into the
 * caller's buffer of size bytes, to which frame->payload then points;
 * LIMIT_CIPHERTEXT is room for every frame. Returns 0, or CHAT_EMALFORMED
 * unless the line is byte for byte what frame_encode() makes of the values
 * found in it.
 */
int frame_decode(const struct line *line, struct frame *frame, uint8_t *payload,
    size_t size);

/*
 * The line as its MAC covers it, with an empty hmac_val, as two spans into
 * the line. It must come from frame_encode() or have passed frame_decode().
 */
void frame_without_mac(
    const struct line *line, bool has_mac, struct span spans[2]);

/* Puts a MAC into a line that has none. Returns 0 or CHAT_ETOOLONG. */
int frame_set_mac(struct line *line, const uint8_t mac[SIZE_HASH]);

/* The most bytes that a line of this type may have, LF included. */
size_t frame_limit(enum frame_type type);

#endif
