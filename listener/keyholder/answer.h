/*
 * The keyholder's answers to sessions. The table of requests allows each
 * request once, after the one before it; anything else ends the channel. The
 * keyholder never trusts a session, which an attacker may have taken over.
 */
#ifndef LISTENER_KEYHOLDER_ANSWER_H
#define LISTENER_KEYHOLDER_ANSWER_H

#include "common/chat1/spake2.h"
#include "common/log/memory.h"
#include "common/users/directory.h"
#include "listener/keyholder/slot.h"
#include "listener/keyholder/turn.h"

struct answer_state {
	struct suite suite;
	struct spake2 *spake2;
	struct directory directory;
	struct memory *memory;
	struct turns turns;
	char self[LIMIT_NAME + 1]; /* our name */
	uint8_t ticket_key[SIZE_HASH];
	bool strict;         /* refuse senders who are not listed */
	bool forgets;        /* the recorder remembers and counts */
	unsigned long left;  /* how many messages may still be shown */
	unsigned long shown; /* how many messages were shown */
};

/*
 * Serves one datagram of len bytes from a slot's session. Returns 0, or an
 * error such as CHAT_EMALFORMED: then the caller must call answer_end().
 */
int answer_request(struct answer_state *state, struct slot *slot,
    const union channel_datagram *datagram, size_t len);

/*
 * Ends a slot in any state: passes its turn on, wipes its keys and closes its
 * channel.
 */
void answer_end(struct answer_state *state, struct slot *slot);

#endif
