/*
 * The initiator of chat1 (chat-send): a state machine over lines. It has no
 * descriptors, no clock and no random numbers of its own; its caller provides
 * lines, times and random bytes. Call each function once, in the order in which
 * they stand here. Each returns 0 or an error; after an error only
 * initiator_close() may be called. chat-protocol(7), MESSAGE FLOW.
 */
#ifndef COMMON_CHAT1_INITIATOR_H
#define COMMON_CHAT1_INITIATOR_H

#include "common/chat1/exchange.h"
#include "common/chat1/receipt.h"
#include "common/chat1/spake2.h"

enum initiator_state {
	INITIATOR_READY,
	INITIATOR_HELLO_SENT,
	INITIATOR_RESPONSE_SENT,
	INITIATOR_CONFIRMED,
	INITIATOR_TEXT_SENT,
	INITIATOR_RECEIPTED,
	INITIATOR_FAILED,
};

/* The input of a session. Names and passwords end with NUL. */
struct initiator_input {
	const char *from, *to;
	const char *password_from, *password_to;
	uint8_t drawn[SIZE_ID]; /* the same for every retry, see id_derive() */
	uint8_t scalar[SIZE_SCALAR]; /* x, random */
	uint8_t nonce[SIZE_NONCE];   /* CS, random */
};

struct initiator {
	enum initiator_state state;
	const struct spake2 *spake2;
	struct exchange exchange;
	struct spake2_party party;
	uint8_t id[SIZE_ID]; /* in the hello */
	uint8_t nonce[SIZE_NONCE];
	char from[LIMIT_NAME + 1];
	char to[LIMIT_NAME + 1];
	const char *password_to; /* the caller's; NULL after the challenge */
	bool refused; /* the last error came from a nack of the peer */
};

/*
 * `suite` and `spake2` must outlive the initiator. input->password_to must stay
 * valid until initiator_challenge() returns. Everything else in *input is
 * copied or used up here: the caller wipes it. Returns 0; CHAT_ESCALAR: draw
 * another scalar and call again; CHAT_ETOOLONG; CHAT_EINTERNAL.
 */
int initiator_open(struct initiator *initiator, const struct suite *suite,
    const struct spake2 *spake2, const struct initiator_input *input);

/*
 * Encodes frame 1. `now` is the sender's clock, here and below, in seconds
 * since the epoch.
 */
int initiator_hello(struct initiator *initiator, int64_t now, struct line *out);

/*
 * Decodes frame 2 and encodes frame 3. Afterwards the caller wipes the
 * password.
 */
int initiator_challenge(struct initiator *initiator, int64_t now,
    const struct line *in, struct line *out);

/*
 * Decodes frame 4, which proves the listener. Here and in
 * initiator_challenge(), a nack causes CHAT_EMALFORMED, CHAT_EVERSION,
 * CHAT_ECLOCK, CHAT_EAUTH, CHAT_EBUSY or CHAT_EWAIT, with `refused` set. Such a
 * nack is not authentic, but no text was sent.
 */
int initiator_confirm(
    struct initiator *initiator, int64_t now, const struct line *in);

/*
 * Encrypts a text of len bytes and encodes frame 5. The text must have passed
 * text_check(). The type is FRAME_TEXT, or FRAME_LINES for what
 * batch_count() accepts. `composed` is when it was written, in seconds since
 * the epoch. Wipes the encryption key, because a session encrypts only once.
 */
int initiator_text(struct initiator *initiator, enum frame_type type,
    int64_t composed, const char *text, size_t len, struct line *out);

/*
 * Decodes the answer to the text. Returns 0 with *receipt for a valid ack. For
 * a valid nack: CHAT_EMALFORMED, CHAT_EVERSION, CHAT_ECLOCK, CHAT_EAUTH,
 * CHAT_EBUSY, CHAT_EUNDELIVERED or CHAT_ETAKEN, with `refused` set. For
 * anything else: CHAT_EUNCONFIRMED.
 */
int initiator_receipt(struct initiator *initiator, int64_t now,
    const struct line *in, struct receipt *receipt);

/* Wipes all secrets. May be called in every state, and more than once. */
void initiator_close(struct initiator *initiator);

#endif
