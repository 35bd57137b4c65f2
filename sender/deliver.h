/* Delivery: a connection, a handshake, one text, its receipt. */
#ifndef SENDER_DELIVER_H
#define SENDER_DELIVER_H

#include "sender/compose.h"
#include "sender/destination.h"
#include "sender/engine.h"

/* One message for one recipient. */
struct delivery {
	struct engine *engine;
	struct destination destination;
	struct text *text;      /* NULL for a probe */
	uint8_t drawn[SIZE_ID]; /* the id, before id_derive() */
	bool id_given;    /* by the user: it stands for this message for good */
	int64_t composed; /* seconds since the epoch */
	int family;
	unsigned timeout_s; /* for all of it; 0 for the default */
	int64_t spent_ms;   /* of that, before the first attempt */
	bool verbose;
};

/* Room for an address in numbers, with a scope, and a NUL. */
#define SIZE_ADDRESS 64

/* How an attempt at a delivery ended. */
struct outcome {
	enum send_exit status;
	unsigned proven; /* 1: a MAC proves that the recipient says so */
	char
	    where[LIMIT_NAME + LIMIT_HOST + SIZE_ADDRESS + 32]; /* "alice at" */
	char reason[160]; /* printable ASCII without quotes */
	uint8_t id_taken; /* not 0: another text has its id, so that this
			     attempt has not shown ours */
};

/*
 * Seconds that a delivery takes at most, with this timeout_s, or 0 for the
 * default: the time for the connection and the proofs, that for the receipt,
 * and some to say how it went.
 */
unsigned deliver_most_s(unsigned timeout_s);

/*
 * Delivers, once. Wipes the passwords of the destination, and the text once it
 * is sealed. Once connected, the
 * process gives up all rights but to talk on that connection, on report (-1
 * for none) and on standard output and error, and so can do little else
 * afterwards but end. An alarm ends it when all its time is over. Returns
 * where to write to what report was.
 */
int deliver(struct delivery *delivery, int report, struct outcome *outcome);

#endif
