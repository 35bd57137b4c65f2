/* libcrypto, made ready in two steps. */
#include "sender/engine.h"

#include "common/base/error.h"
#include "common/chat1/warmup.h"

int
engine_start(struct engine *engine)
{
	if (engine->started)
		return CHAT_OK;
	if (suite_open(&engine->suite) != 0 ||
	    spake2_open(&engine->spake2) != 0)
		return CHAT_EINTERNAL;
	engine->started = true;
	return CHAT_OK;
}

int
engine_complete(struct engine *engine)
{
	if (engine->completed)
		return CHAT_OK;
	if (warmup(&engine->suite) != 0)
		return CHAT_EINTERNAL;
	engine->completed = true;
	return CHAT_OK;
}
