/* A delivery, and the outcome of an attempt. */
#ifndef SENDER_DELIVERY_H
#define SENDER_DELIVERY_H

#include "common/chat1/receipt.h"
#include "sender/crypto.h"
#include "sender/destination.h"

/* One message for one recipient. */
struct delivery {
	struct crypto *crypto;
	struct destination destination;
	struct text *text;      /* NULL for a probe */
	uint8_t drawn[SIZE_ID]; /* the id, before id_derive() */
	bool id_given;          /* by the user, so no other id may be drawn */
	int64_t composed;       /* seconds since the epoch */
	int family;
	unsigned timeout_s; /* for one attempt; 0 for the default */
	int64_t spent_ms;   /* of that, used before the attempt */
	bool ahead;         /* the text waits for its turn */
	bool verbose;
	bool waits;               /* somebody watches: report delays */
	unsigned long line, last; /* of its lines with -l; else 0 */
	size_t lines;             /* how many lines the text has */
	volatile uint8_t
	    *maybe_sent;         /* set to 1 before any of the text is sent */
	enum send_exit kept_for; /* with SEND_KEPT: the status without -s */
	int64_t kept_until;      /* seconds since the epoch */
};

/* Room for a numeric address with its scope and a NUL. */
#define SIZE_ADDRESS 64

/* The outcome of an attempt. */
struct outcome {
	enum send_exit status;
	unsigned proven;        /* 1 if the recipient's MAC proves it */
	struct receipt receipt; /* all zero unless the message was recorded */
	char where[LIMIT_NAME + LIMIT_HOST + SIZE_ADDRESS + 32]; /* alice at */
	char reason[SIZE_WHY];
	unsigned prove_ms; /* how long it took until both were proven */
	unsigned text_ms;  /* and from then on, or from the turn of the text */
	uint8_t of_clock;  /* 1 if the clocks differ too much */
	uint8_t crowded;   /* 1 if the listener had no place */
	uint8_t id_taken;  /* 1 if the id was used for another text, not ours */
};

#endif
