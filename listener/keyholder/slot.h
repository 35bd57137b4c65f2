/* What the keyholder knows of one session. */
#ifndef LISTENER_KEYHOLDER_SLOT_H
#define LISTENER_KEYHOLDER_SLOT_H

#include <sys/queue.h>

#include "common/base/limits.h"
#include "common/log/memory.h"
#include "listener/link/finding.h"
#include "listener/link/order.h"
#include "listener/link/session_keyholder.h"

/* Which request a session may make now; each allows the next. */
enum slot_state {
	SLOT_FREE,
	SLOT_BEGIN,
	SLOT_VERIFY,
	SLOT_DELIVER,
	SLOT_WAITING, /* for its turn: no request is allowed */
	SLOT_DONE,    /* has a turn */
	SLOT_ENDED,   /* no request is allowed */
};

/* A list of slots. A slot is in at most one. */
TAILQ_HEAD(slots, slot);

struct slot {
	enum slot_state state;
	int channel;
	uint64_t number;         /* of the session, see struct stay */
	proof_cell *proof;       /* where to write number after a right proof */
	struct finding *finding; /* where to explain a wrong one, or NULL */
	struct facts facts;      /* from BEGIN to VERIFY */
	char to[LIMIT_NAME + 1]; /* from BEGIN to VERIFY */
	TAILQ_ENTRY(slot)
	link; /* free slots, waiting slots, or those with a turn */
	bool listed;
	char from[LIMIT_NAME + 1];
	uint8_t id[SIZE_ID]; /* of its message, from VERIFY on */
	struct mark mark;    /* of its message, after DELIVER */
	/* From BEGIN to VERIFY. */
	uint8_t enc_key[SIZE_HASH];
	uint8_t chap_secret[SIZE_HASH];
	uint8_t cl[SIZE_NONCE];
};

#endif
