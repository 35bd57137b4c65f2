/*
 * What both roles do with a frame: read it, verify it, and add it to the
 * transcript.
 */
#ifndef COMMON_CHAT1_EXCHANGE_H
#define COMMON_CHAT1_EXCHANGE_H

#include "common/chat1/proof.h"

struct exchange {
	const struct suite *suite;
	enum direction outgoing; /* the direction of the frames that we send */
	struct transcript transcript;
	struct keys keys; /* valid after keys_expand() */
};

/*
 * Starts with the first transcript and no keys. `suite` must outlive the
 * exchange. Returns 0 or CHAT_EINTERNAL. The caller ends it with
 * exchange_wipe(), which wipes the keys.
 */
int exchange_start(struct exchange *exchange, const struct suite *suite,
    enum direction outgoing);
void exchange_wipe(struct exchange *exchange);

/*
 * Decodes a line that must be a frame of this type (FRAME_TEXT stands for
 * FRAME_LINES too), with a MAC if the type requires one and without if not,
 * into *frame and payload, which has room for size bytes (see frame_decode()).
 * Checks neither the MAC nor the time. Returns 0 or CHAT_EMALFORMED. A nack in
 * place of the frame is malformed too: the initiator looks for one before.
 */
int exchange_decode(const struct line *line, enum frame_type type,
    struct frame *frame, uint8_t *payload, size_t size);

/*
 * Checks the MAC of an incoming frame. `before` is the transcript of the frames
 * before it. Returns 0, CHAT_EAUTH or CHAT_EINTERNAL.
 */
int exchange_verify(const struct exchange *exchange,
    const struct transcript *before, const struct line *line,
    const struct frame *frame);

/* Adds an incoming line to the transcript. Returns 0 or CHAT_EINTERNAL. */
int exchange_absorb(struct exchange *exchange, const struct line *line);

/*
 * Encodes an outgoing frame into *line and adds it to the transcript. Computes
 * a MAC if frame->has_mac is set; frame->mac is ignored. Returns 0,
 * CHAT_ETOOLONG, CHAT_EMALFORMED or CHAT_EINTERNAL.
 */
int exchange_encode(
    struct exchange *exchange, const struct frame *frame, struct line *line);

#endif
