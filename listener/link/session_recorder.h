/*
 * The channel between a session and the recorder: SOCK_SEQPACKET, one datagram
 * for each request and each reply.
 */
#ifndef LISTENER_LINK_SESSION_RECORDER_H
#define LISTENER_LINK_SESSION_RECORDER_H

#include "common/chat1/receipt.h"
#include "listener/link/submission.h"

/* The requests, in the only order in which a session may make them. */
enum recorder_request {
	/* Optional: keep the id for this session, while a command runs. */
	RECORDER_HOLD = 1,
	RECORDER_APPEND, /* record the message; the last request */
};

/* A request. The bytes of the text follow it. */
struct recorder_ask {
	uint8_t request; /* enum recorder_request */
	struct submission submission;
};

enum recorder_result {
	RECORDER_HELD = 1, /* to HOLD */
	RECORDER_RECORDED, /* to APPEND: it is on the disk now */
	RECORDER_KNOWN,    /* it was on the disk before */
	RECORDER_TAKEN,    /* another text with this id is on the disk */
	RECORDER_LATER,    /* another session has the id; or -c is reached */
	RECORDER_FAILED,   /* the file takes no message now */
};

struct recorder_reply {
	uint8_t result; /* enum recorder_result */
	uint8_t seq[8]; /* a uint64_t of this machine; as in struct receipt */
	uint8_t head[SIZE_HASH];
};

/*
 * Makes a request for a message from that source, and waits for the reply until
 * the deadline, in clock_now_ms() time. Returns 0 with *result set, and
 * *receipt if it is RECORDER_RECORDED or RECORDER_KNOWN. Returns CHAT_EBUSY if
 * the recorder did not get the request; CHAT_EUNCONFIRMED if it has gone, or
 * does not reply in time: what was asked for may have happened or not.
 */
int recorder_ask(int channel, enum recorder_request request,
    const struct message *message, const struct source *source,
    const uint8_t ticket[SIZE_HASH], int64_t deadline,
    enum recorder_result *result, struct receipt *receipt);

#endif
