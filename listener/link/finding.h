/* Why a proof failed: the keyholder tells the parent, for the journal. */
#ifndef LISTENER_LINK_FINDING_H
#define LISTENER_LINK_FINDING_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "common/base/limits.h"

/* What the keyholder knows of a connection before it sees the proof. */
struct facts {
	bool for_self;       /* `to` is our name */
	bool for_case;       /* the same, if case is ignored */
	bool self_has_entry; /* our name has an entry */
	bool to_has_entry;   /* `to` has an entry */
	bool from_has_entry; /* `from` has an entry */
	bool from_self;      /* `from` is our name */
	bool strict;         /* -s refuses the sender */
};

/*
 * A cell for each place of a session. The keyholder writes it before the
 * session learns that its proof is wrong, and writes the number last. Peers
 * learn nothing of it.
 */
struct finding {
	_Atomic uint64_t number; /* of the session; 0 while this is written */
	struct facts facts;
	char from[LIMIT_NAME + 1], to[LIMIT_NAME + 1]; /* as the peer claimed */
};

/* Room for the sentence in bytes, with its NUL. */
#define SIZE_FINDING 512

/*
 * Writes a sentence that explains the mistake as far as the facts show it.
 * `self` is our name. All names are valid user names and need no escapes.
 */
void finding_spell(
    const struct finding *finding, const char *self, char words[SIZE_FINDING]);

#endif
