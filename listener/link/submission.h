/*
 * Submissions: the message that a session hands to runner or recorder. Both act
 * only on a ticket, and check what they get: a session that was taken over
 * could send anything. Every field is bytes, so there is no padding to leak.
 */
#ifndef LISTENER_LINK_SUBMISSION_H
#define LISTENER_LINK_SUBMISSION_H

#include "common/chat1/responder.h"
#include "common/log/record.h"
#include "listener/link/source.h"

/* A message. The bytes of its text follow in the same datagram. */
struct submission {
	uint8_t id[SIZE_ID];
	uint8_t source[16];           /* as in struct source */
	uint8_t sent[8];              /* an int64_t of this machine */
	uint8_t from[LIMIT_NAME + 1]; /* ending with NUL */
	uint8_t to[LIMIT_NAME + 1];
	uint8_t listed; /* 0 or 1 */
	uint8_t batch;  /* 0 or 1: the text is lines, see batch.h */
	uint8_t ticket[SIZE_HASH];
};

/* Fills in the submission for a message from that source. */
void submission_fill(struct submission *submission,
    const struct message *message, const struct source *source,
    const uint8_t ticket[SIZE_HASH]);

/*
 * Returns whether names, time and text (len bytes) are valid, a batch is one,
 * and the ticket is the keyholder's for this session; key is that of tickets.
 */
bool submission_is_valid(const struct submission *submission, const char *text,
    size_t len, const struct suite *suite, const uint8_t key[SIZE_HASH],
    uint64_t session);

/* Returns when the message was composed, seconds since the epoch. */
int64_t submission_sent(const struct submission *submission);

/*
 * Fills in the record of a submission, received now. It points to the
 * submission, the text and *source, which this sets.
 */
void submission_record(const struct submission *submission, const char *text,
    size_t len, struct source *source, struct record *record);

#endif
