/* libcrypto, made ready once: by whoever needs it first. */
#ifndef SENDER_ENGINE_H
#define SENDER_ENGINE_H

#include <stdbool.h>

#include "common/spake2.h"
#include "common/suite.h"

struct engine {
	bool ready;
	struct suite suite;
	struct spake2 *spake2;
};

/*
 * Makes it ready, unless it is, for a process that may open nothing later.
 * Who forks does so before: children inherit it. Returns 0 or CHAT_EINTERNAL.
 */
int engine_start(struct engine *engine);

#endif
