/* What the keyholder tells the parent, for the log, of a proof that failed. */
#ifndef LISTENER_LINK_FINDING_H
#define LISTENER_LINK_FINDING_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "common/base/limits.h"

/* What the keyholder knows of a connection before it sees a proof. */
struct facts {
	bool for_self;    /* it is for the name of the listener */
	bool for_case;    /* it would be, but for upper and lower case */
	bool self_listed; /* that name has an entry */
	bool to_listed;   /* so has the name that it is for, */
	bool from_listed; /* and that of the sender */
	bool from_self;   /* the sender bears the listener's name */
	bool strict;      /* refused because of -s */
};

/*
 * Of the session that has the place. The keyholder fills it in, whatever the
 * facts are, before the session hears that its proof is wrong: the number
 * comes last. Peers hear nothing of it.
 */
struct finding {
	_Atomic uint64_t number; /* of the session, see struct stay */
	struct facts facts;
	char from[LIMIT_NAME + 1], to[LIMIT_NAME + 1]; /* as it claimed */
};

/* Room for the words, with a NUL. */
#define SIZE_FINDING 512

/*
 * Spells which mistake it was, as far as these facts tell. Names are valid
 * user names, which need no escapes; self is the listener's.
 */
void finding_spell(
    const struct finding *finding, const char *self, char words[SIZE_FINDING]);

#endif
