/* A delivery, and what came of an attempt at it. */
#ifndef SENDER_DELIVERY_H
#define SENDER_DELIVERY_H

#include "sender/compose.h"
#include "sender/crypto.h"
#include "sender/destination.h"

/* One message for one recipient. */
struct delivery {
	struct crypto *crypto;
	struct destination destination;
	struct text *text;      /* NULL for a probe */
	uint8_t drawn[SIZE_ID]; /* the id, before id_derive() */
	bool id_given;    /* by the user: it stands for this message for good */
	int64_t composed; /* seconds since the epoch */
	int family;
	unsigned timeout_s; /* for all of it; 0 for the default */
	int64_t spent_ms;   /* of that, before the first attempt */
	bool verbose;
	bool waits;                  /* somebody sees how long it takes */
	unsigned long line;          /* of standard input, with -l; else 0 */
	volatile uint8_t *text_left; /* set before the text may leave */
};

/* Room for an address in numbers, with a scope, and a NUL. */
#define SIZE_ADDRESS 64

/* How an attempt at a delivery ended. */
struct outcome {
	enum send_exit status;
	unsigned proven; /* 1: a MAC proves that the recipient says so */
	char
	    where[LIMIT_NAME + LIMIT_HOST + SIZE_ADDRESS + 32]; /* "alice at" */
	char reason[SIZE_WHY];
	uint8_t of_clock; /* 1: the two clocks differ too much */
	uint8_t id_taken; /* not 0: another text has its id, so that this
			     attempt has not shown ours */
};

#endif
