/* Delivery: a connection, a handshake, one text, its receipt. */
#ifndef SENDER_DELIVER_H
#define SENDER_DELIVER_H

#include "common/spake2.h"
#include "common/suite.h"
#include "sender/compose.h"
#include "sender/destination.h"

struct delivery {
	const struct suite *suite;
	const struct spake2 *spake2;
	struct destination *destination; /* its passwords get wiped */
	const struct text *text;
	const uint8_t *id; /* SIZE_ID bytes */
	int64_t composed;  /* seconds since the epoch */
	int family;
	int64_t deadline; /* in stream_clock() time */
	bool verbose;
};

/* How a delivery ended. */
struct outcome {
	enum send_exit status;
	char where[LIMIT_NAME + LIMIT_HOST + 32]; /* "alice at ... port ..." */
	char reason[160];
};

/*
 * Delivers. Once connected, the process gives up all rights but to talk on
 * that connection, and so can do little else afterwards but end.
 */
void deliver(const struct delivery *delivery, struct outcome *outcome);

#endif
