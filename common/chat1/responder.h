/*
 * The responder of chat1 (a session of chat-listen): a state machine over
 * lines and two callbacks to whoever holds the passwords. It opens nothing,
 * knows no time and draws nothing at random.
 * The calls are made in the order in which they stand here, once each. One
 * that fails may be followed by responder_nack() and responder_close() only.
 * chat-protocol(7), MESSAGE FLOW.
 */
#ifndef COMMON_CHAT1_RESPONDER_H
#define COMMON_CHAT1_RESPONDER_H

#include "common/chat1/exchange.h"

enum responder_state {
	RESPONDER_READY,
	RESPONDER_CHALLENGED,
	RESPONDER_CONFIRMED,
	RESPONDER_TEXT_READ,
	RESPONDER_ANSWERED,
	RESPONDER_FAILED,
};

/* The part that needs passwords, done elsewhere. Each returns 0 or an error. */
struct responder_ops {
	/* pB and CL for a hello. Never reveals whether the names are known. */
	int (*begin)(void *arg, const char *from, const char *to,
	    const uint8_t pa[SIZE_POINT], uint8_t pb[SIZE_POINT],
	    uint8_t cl[SIZE_NONCE]);
	/* enc_key, only when PS is right; otherwise CHAT_EAUTH. */
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
	bool listed;  /* the sender has an entry in the directory */
	int64_t sent; /* composed, seconds since the epoch */
	size_t len;
	char text[LIMIT_CIPHERTEXT]; /* at most LIMIT_TEXT bytes, no NUL */
};

struct responder {
	enum responder_state state;
	bool keyed;          /* the keys are there: the sender proved itself */
	bool answer_in_turn; /* a line came in the place of the text */
	bool answered;       /* an ack or nack was spelled: the only one */
	const struct responder_ops *ops;
	struct exchange exchange;
	struct message message;
	size_t touched; /* bytes of message.text that there are to wipe */
};

/* suite and ops must outlive the responder. Returns 0 or CHAT_EINTERNAL. */
int responder_open(struct responder *responder, const struct suite *suite,
    const struct responder_ops *ops);

/*
 * Reads frame 1 and spells frame 2. `now` is the listener's clock. Returns 0,
 * CHAT_EMALFORMED, CHAT_EVERSION, CHAT_ECLOCK, CHAT_EINTERNAL, or what
 * ops->begin() returned.
 */
int responder_hello(struct responder *responder, int64_t now,
    const struct line *in, struct line *out);

/* Reads frame 3 and spells frame 4. Also returns CHAT_EAUTH. */
int responder_response(struct responder *responder, int64_t now,
    const struct line *in, struct line *out);

/*
 * Reads frame 5: MAC first, then decryption, then the checks. On success
 * responder->message is whole. Also returns CHAT_ETEXT or
 * CHAT_ETOOLONG.
 */
int responder_text(
    struct responder *responder, int64_t now, const struct line *in);

/* Spells frame 6, the receipt: only after the message was written out. */
int responder_ack(struct responder *responder, int64_t now, struct line *out);

/*
 * Spells a nack for an error, at any time but after an answer: with a MAC in
 * the place of the ack, without one earlier.
 */
int responder_nack(
    struct responder *responder, int64_t now, int error, struct line *out);

/* Wipes keys and message. May be called in every state, and twice. */
void responder_close(struct responder *responder);

#endif
