/*
 * The initiator of chat1 (chat-send): a state machine over lines. It opens
 * nothing, knows no time and draws nothing at random: its caller does.
 * The calls are made in the order in which they stand here, once each; each
 * returns 0 or an error, after which only initiator_close() is left.
 * chat-protocol(7), MESSAGE FLOW.
 */
#ifndef COMMON_CHAT1_INITIATOR_H
#define COMMON_CHAT1_INITIATOR_H

#include "common/chat1/exchange.h"
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

/* What a session is about. Names and passwords end with NUL. */
struct initiator_input {
	const char *from, *to;
	const char *password_from, *password_to;
	uint8_t drawn[SIZE_ID]; /* the same on every retry, for id_derive() */
	uint8_t scalar[SIZE_SCALAR]; /* x, random */
	uint8_t nonce[SIZE_NONCE];   /* CS, random */
};

struct initiator {
	enum initiator_state state;
	const struct spake2 *spake2;
	struct exchange exchange;
	struct spake2_party party;
	uint8_t id[SIZE_ID]; /* of the hello */
	uint8_t nonce[SIZE_NONCE];
	char from[LIMIT_NAME + 1];
	char to[LIMIT_NAME + 1];
	char password_to[LIMIT_PASSWORD + 1]; /* wiped with the challenge */
	bool refused; /* the last error came as a nack of the peer */
};

/*
 * Takes what it needs from input, which stays the caller's to wipe. suite
 * and spake2 must outlive the initiator. Returns 0; CHAT_ESCALAR (draw
 * another scalar and call again); CHAT_ETOOLONG; CHAT_EINTERNAL.
 */
int initiator_open(struct initiator *initiator, const struct suite *suite,
    const struct spake2 *spake2, const struct initiator_input *input);

/* Frame 1, with the sender's clock, `now`, in seconds since the epoch. */
int initiator_hello(struct initiator *initiator, int64_t now, struct line *out);

/* Reads frame 2 and spells frame 3. */
int initiator_challenge(struct initiator *initiator, int64_t now,
    const struct line *in, struct line *out);

/*
 * Reads frame 4: after this the listener has proven itself. Until here a
 * nack gives CHAT_EMALFORMED, CHAT_EVERSION, CHAT_ECLOCK, CHAT_EAUTH,
 * CHAT_EBUSY or CHAT_EWAIT, with `refused` set; it is not authentic, but
 * nothing was sent.
 */
int initiator_confirm(
    struct initiator *initiator, int64_t now, const struct line *in);

/*
 * Spells frame 5 from a text that text_check() accepts, composed at that
 * time. Encrypts, which a session does once. The key is wiped.
 */
int initiator_text(struct initiator *initiator, int64_t composed,
    const char *text, size_t len, struct line *out);

/*
 * Reads the answer to the text. Returns 0 for a valid ack; for a valid nack
 * one of the errors of initiator_confirm() but CHAT_EWAIT, CHAT_EUNDELIVERED or
 * CHAT_ETAKEN, with `refused` set; CHAT_EUNCONFIRMED for everything else.
 */
int initiator_receipt(
    struct initiator *initiator, int64_t now, const struct line *in);

/* Wipes all secrets. May be called in every state, and twice. */
void initiator_close(struct initiator *initiator);

#endif
