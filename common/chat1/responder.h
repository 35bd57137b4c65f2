/*
 * The responder of chat1 (a session of chat-listen): a state machine over
 * lines, with two callbacks to the process that holds the passwords. It has no
 * descriptors, no clock and no random numbers of its own. Call each function
 * once, in the order in which they stand here. After an error only
 * responder_nack() and responder_close() may be called. chat-protocol(7),
 * MESSAGE FLOW.
 */
#ifndef COMMON_CHAT1_RESPONDER_H
#define COMMON_CHAT1_RESPONDER_H

#include "common/chat1/exchange.h"
#include "common/chat1/receipt.h"

enum responder_state {
	RESPONDER_READY,
	RESPONDER_CHALLENGED,
	RESPONDER_CONFIRMED,
	RESPONDER_TEXT_READ,
	RESPONDER_ANSWERED,
	RESPONDER_FAILED,
};

/*
 * The part of the protocol that needs passwords. Each callback returns 0 or an
 * error.
 */
struct responder_ops {
	/* pB and CL for a hello. Never reveals whether the names are known. */
	int (*begin)(void *arg, const char *from, const char *to,
	    const uint8_t pa[SIZE_POINT], uint8_t pb[SIZE_POINT],
	    uint8_t cl[SIZE_NONCE]);
	/* enc_key and *listed if PS is right, else CHAT_EAUTH. */
	int (*verify)(void *arg, const uint8_t t2[SIZE_HASH],
	    const uint8_t cs[SIZE_NONCE], const uint8_t ps[SIZE_HASH],
	    uint8_t enc_key[SIZE_HASH], bool *listed);
	void *arg;
};

/* A message that has been proven. */
struct message {
	uint8_t id[SIZE_ID];
	char from[LIMIT_NAME + 1];
	char to[LIMIT_NAME + 1];
	bool listed;  /* see struct passwords */
	int64_t sent; /* when it was composed, seconds since the epoch */
	size_t lines; /* of a batch, see batch.h; 0 for any other text */
	size_t len;
	char text[LIMIT_CIPHERTEXT]; /* at most LIMIT_TEXT bytes, no NUL */
};

struct responder {
	enum responder_state state;
	bool keyed;     /* the sender is proven and the keys are derived */
	bool text_came; /* a line came in place of the text */
	bool answered;  /* the only ack or nack was encoded */
	const struct responder_ops *ops;
	struct exchange exchange;
	struct message message;
	size_t touched; /* bytes of message.text to wipe */
};

/* `suite` and `ops` must outlive the responder. Returns 0 or CHAT_EINTERNAL. */
int responder_open(struct responder *responder, const struct suite *suite,
    const struct responder_ops *ops);

/*
 * Decodes frame 1 and encodes frame 2. `now` is the listener's clock, here and
 * below, in seconds since the epoch. Returns 0, CHAT_EMALFORMED, CHAT_EVERSION,
 * CHAT_ECLOCK, CHAT_EINTERNAL, or the error of ops->begin().
 */
int responder_hello(struct responder *responder, int64_t now,
    const struct line *in, struct line *out);

/*
 * Decodes frame 3 and encodes frame 4. Returns the same errors or CHAT_EAUTH.
 */
int responder_response(struct responder *responder, int64_t now,
    const struct line *in, struct line *out);

/*
 * Decodes frame 5: checks the MAC, decrypts, checks the text. Returns 0 with
 * responder->message complete; the same errors, CHAT_ETEXT or CHAT_ETOOLONG.
 */
int responder_text(
    struct responder *responder, int64_t now, const struct line *in);

/*
 * Encodes frame 6, the ack. Call it only after the message was written. Returns
 * 0 or CHAT_EINTERNAL.
 */
int responder_ack(struct responder *responder, int64_t now,
    const struct receipt *receipt, struct line *out);

/*
 * Encodes a nack for an error, unless an answer was encoded before. The nack
 * has a MAC if it answers the text, and none if it comes earlier. Returns 0 or
 * CHAT_EINTERNAL.
 */
int responder_nack(
    struct responder *responder, int64_t now, int error, struct line *out);

/* Wipes keys and message. May be called in every state, and more than once. */
void responder_close(struct responder *responder);

#endif
