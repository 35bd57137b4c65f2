/*
 * The channel between a session and the keyholder: SOCK_SEQPACKET, one
 * fixed-size datagram for each request and each reply. Every field is bytes,
 * so there is no padding to leak.
 */
#ifndef LISTENER_LINK_SESSION_KEYHOLDER_H
#define LISTENER_LINK_SESSION_KEYHOLDER_H

#include <stdbool.h>
#include <stdint.h>

#include "common/base/limits.h"

/* The requests, in the only order in which a session may make them. */
enum channel_request {
	CHANNEL_BEGIN = 1,
	CHANNEL_VERIFY,
	CHANNEL_DELIVER,
	CHANNEL_DONE,
};

struct begin_request {
	uint8_t request;
	uint8_t from[LIMIT_NAME + 1]; /* ending with NUL */
	uint8_t to[LIMIT_NAME + 1];
	uint8_t pa[SIZE_POINT];
};

struct begin_reply { /* all zero if pA is not a point of the group */
	uint8_t pb[SIZE_POINT];
	uint8_t cl[SIZE_NONCE];
};

struct verify_request {
	uint8_t request;
	uint8_t id[SIZE_ID];
	uint8_t t2[SIZE_HASH];
	uint8_t cs[SIZE_NONCE];
	uint8_t ps[SIZE_HASH];
};

struct verify_reply {
	uint8_t right;  /* 1 if the proof is right; if not, all is zero */
	uint8_t listed; /* see struct passwords */
	uint8_t enc_key[SIZE_HASH];
	uint8_t ticket[SIZE_HASH]; /* for the id, see ticket.h */
};

struct deliver_request {
	uint8_t request;
	uint8_t digest[SIZE_HASH]; /* H(text) */
};

/* What a session may do with its message. */
enum verdict {
	VERDICT_GO = 1,    /* it is your turn, until DONE */
	VERDICT_GO_ON_NEW, /* the same; the last writer left half a line */
	VERDICT_DUPLICATE, /* the message was shown before: send the receipt */
	VERDICT_TAKEN,     /* another text was shown under this id */
	VERDICT_BUSY,      /* no turn is free: the sender may retry */
};

struct deliver_reply {
	uint8_t verdict;
};

/*
 * How writing went. After the first and the last, the message counts as shown.
 */
enum written {
	WRITTEN_ALL = 1,
	WRITTEN_NOTHING,
	WRITTEN_PART,
	WRITTEN_HANDLED, /* a command handled it; it may not be shown */
};

struct done_request {
	uint8_t request;
	uint8_t written;
};

/* Room for any request, and one byte more to notice a longer one. */
union channel_datagram {
	uint8_t request;
	struct begin_request begin;
	struct verify_request verify;
	struct deliver_request deliver;
	struct done_request done;
	uint8_t bytes[sizeof(struct begin_request) + 1];
};

/*
 * The session's side of the channel: a function for each request, in their
 * order. Each writes its request and waits for the reply until the deadline (in
 * clock_now_ms() time). Each returns 0; CHAT_EBUSY if the keyholder has gone or
 * does not reply in time; CHAT_EIO.
 */
/* Also returns CHAT_EMALFORMED if pA is not a point of the group. */
int keyholder_ask_begin(int channel, const char *from, const char *to,
    const uint8_t pa[SIZE_POINT], uint8_t pb[SIZE_POINT],
    uint8_t cl[SIZE_NONCE], int64_t deadline);

/* Also returns CHAT_EAUTH if the proof is wrong. The caller wipes enc_key. */
int keyholder_ask_verify(int channel, const uint8_t id[SIZE_ID],
    const uint8_t t2[SIZE_HASH], const uint8_t cs[SIZE_NONCE],
    const uint8_t ps[SIZE_HASH], uint8_t enc_key[SIZE_HASH], bool *listed,
    uint8_t ticket[SIZE_HASH], int64_t deadline);

/* After an error, a turn that is granted too late is given back. */
int keyholder_ask_deliver(int channel, const uint8_t digest[SIZE_HASH],
    enum verdict *verdict, int64_t deadline);

/* There is no reply to wait for. */
int keyholder_ask_done(int channel, enum written written);

#endif
