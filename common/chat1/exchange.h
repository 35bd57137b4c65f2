/*
 * What both roles do with a frame: check its type, its protection and its
 * time, prove it, and take it into the transcript.
 */
#ifndef COMMON_CHAT1_EXCHANGE_H
#define COMMON_CHAT1_EXCHANGE_H

#include "common/chat1/proof.h"

struct exchange {
	const struct suite *suite;
	enum direction outgoing; /* ours */
	struct transcript transcript;
	struct keys keys; /* valid once a role has expanded them */
};

/* Returns 0 or CHAT_EINTERNAL. exchange_wipe() ends it. */
int exchange_start(struct exchange *exchange, const struct suite *suite,
    enum direction outgoing);
void exchange_wipe(struct exchange *exchange);

/*
 * Reads a line that must be a frame of this type, with a MAC or without as
 * the type demands, into frame and payload (size bytes, see frame_decode()).
 * Neither the MAC nor the time is checked yet. Returns 0 or CHAT_EMALFORMED.
 * A nack in the place of the frame is malformed here: the initiator, who may
 * get one, looks first.
 */
int exchange_read(const struct line *line, enum frame_type type,
    struct frame *frame, uint8_t *payload, size_t size);

/*
 * Checks the MAC of an incoming frame against `before`, the transcript of
 * what came before it. Returns 0, CHAT_EAUTH or CHAT_EINTERNAL.
 */
int exchange_verify(const struct exchange *exchange,
    const struct transcript *before, const struct line *line,
    const struct frame *frame);

/* Takes an incoming line into the transcript. Returns 0 or CHAT_EINTERNAL. */
int exchange_absorb(struct exchange *exchange, const struct line *line);

/*
 * Spells an outgoing frame into line, with a MAC when frame->has_mac says so
 * (frame->mac is ignored), and takes it into the transcript. Returns 0,
 * CHAT_ETOOLONG, CHAT_EMALFORMED or CHAT_EINTERNAL.
 */
int exchange_send(
    struct exchange *exchange, const struct frame *frame, struct line *line);

#endif
