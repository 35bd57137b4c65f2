/*
 * What the keyholder answers to sessions: a table of requests, each closed
 * until the one before it has opened it, once each. Anything else ends the
 * channel. A session is never believed: it may have been taken over.
 */
#ifndef LISTENER_KEYHOLDER_ANSWER_H
#define LISTENER_KEYHOLDER_ANSWER_H

#include "common/chat1/spake2.h"
#include "common/users/directory.h"
#include "listener/keyholder/memory.h"
#include "listener/keyholder/slot.h"
#include "listener/keyholder/turn.h"

struct answer_state {
	struct suite suite;
	struct spake2 *spake2;
	struct directory directory;
	struct memory *memory;
	struct turn turn;
	char self[LIMIT_NAME + 1]; /* the listener's name */
	bool strict;               /* refuse senders who are not listed */
	unsigned long left;        /* messages that may still be shown */
	unsigned long shown;       /* so far */
};

/*
 * Serves one datagram of len bytes from a slot's session. Returns 0, or
 * CHAT_EMALFORMED or another error when the channel must end.
 */
int answer_request(struct answer_state *state, struct slot *slot,
    const union channel_datagram *datagram, size_t len);

/*
 * Ends a slot, in whatever state: frees its turn, hands it on, wipes its
 * keys and closes its channel.
 */
void answer_end(struct answer_state *state, struct slot *slot);

#endif
