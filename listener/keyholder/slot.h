/* What the keyholder knows of one session. */
#ifndef LISTENER_KEYHOLDER_SLOT_H
#define LISTENER_KEYHOLDER_SLOT_H

#include <sys/queue.h>

#include "common/base/limits.h"
#include "listener/keyholder/memory.h"
#include "listener/link/finding.h"
#include "listener/link/order.h"
#include "listener/link/session_keyholder.h"

/* Which request is open to a session now; each opens the next. */
enum slot_state {
	SLOT_FREE,
	SLOT_BEGIN,
	SLOT_VERIFY,
	SLOT_DELIVER,
	SLOT_WAITING, /* for its turn: nothing may be asked */
	SLOT_DONE,    /* holds a turn */
	SLOT_ENDED,   /* nothing may be asked any more */
};

/* A list of them; each is in one, or in none. */
TAILQ_HEAD(slots, slot);

struct slot {
	enum slot_state state;
	int channel;
	uint64_t number;   /* of the session, */
	proof_cell *proof; /* and where to write it once that is proven, */
	struct finding *finding; /* or where to say why it is not; or NULL */
	struct facts facts;      /* from BEGIN until VERIFY */
	char to[LIMIT_NAME + 1]; /* the same */
	TAILQ_ENTRY(slot)
	link; /* of those who wait, have a turn, or are free */
	bool listed;
	char from[LIMIT_NAME + 1];
	struct mark mark; /* of its message, from DELIVER on */
	/* From BEGIN until VERIFY. */
	uint8_t enc_key[SIZE_HASH];
	uint8_t chap_secret[SIZE_HASH];
	uint8_t cl[SIZE_NONCE];
};

#endif
