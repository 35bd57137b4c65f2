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

/* The requests, in the one order in which a session may make them. */
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

struct begin_reply { /* all zero when pA is not a point */
	uint8_t pb[SIZE_POINT];
	uint8_t cl[SIZE_NONCE];
};

struct verify_request {
	uint8_t request;
	uint8_t t2[SIZE_HASH];
	uint8_t cs[SIZE_NONCE];
	uint8_t ps[SIZE_HASH];
};

struct verify_reply {
	uint8_t right;  /* 1 when the proof is, else all is zero */
	uint8_t listed; /* 1 when the sender is in the directory */
	uint8_t enc_key[SIZE_HASH];
};

struct deliver_request {
	uint8_t request;
	uint8_t id[SIZE_ID];
	uint8_t digest[SIZE_HASH]; /* H(text) */
};

/* What a session may do with its message. */
enum verdict {
	VERDICT_GO = 1,    /* write: it is your turn until DONE */
	VERDICT_GO_ON_NEW, /* the same, but the last writer left half a line */
	VERDICT_DUPLICATE, /* shown before: receipt it again */
	VERDICT_TAKEN,     /* another text was shown under this id */
	VERDICT_BUSY,      /* no turn to be had: the sender may retry */
};

struct deliver_reply {
	uint8_t verdict;
};

/* How writing went. The first and the last are of messages that count. */
enum written {
	WRITTEN_ALL = 1,
	WRITTEN_NOTHING,
	WRITTEN_PART,
	WRITTEN_HANDLED, /* by the command, though perhaps not shown whole */
};

struct done_request {
	uint8_t request;
	uint8_t written;
};

/* Room for every request, and a byte more so that a longer one shows. */
union channel_datagram {
	uint8_t request;
	struct begin_request begin;
	struct verify_request verify;
	struct deliver_request deliver;
	struct done_request done;
	uint8_t bytes[sizeof(struct begin_request) + 1];
};

/*
 * The session's side, one function a request, in the order of the table.
 * Each writes its datagram and waits for the reply until the deadline (in
 * clock_now_ms() time). All return 0; CHAT_EBUSY when the keyholder has
 * gone or does not answer in time; CHAT_EIO.
 */
/* Also returns CHAT_EMALFORMED when pA is not a point of the group. */
int keyholder_ask_begin(int channel, const char *from, const char *to,
    const uint8_t pa[SIZE_POINT], uint8_t pb[SIZE_POINT],
    uint8_t cl[SIZE_NONCE], int64_t deadline);

/* Also returns CHAT_EAUTH when the proof was not right. */
int keyholder_ask_verify(int channel, const uint8_t t2[SIZE_HASH],
    const uint8_t cs[SIZE_NONCE], const uint8_t ps[SIZE_HASH],
    uint8_t enc_key[SIZE_HASH], bool *listed, int64_t deadline);

/* Where it fails, a turn that comes too late is given back, untouched. */
int keyholder_ask_deliver(int channel, const uint8_t id[SIZE_ID],
    const uint8_t digest[SIZE_HASH], enum verdict *verdict, int64_t deadline);

/* Has no reply. */
int keyholder_ask_done(int channel, enum written written);

#endif
