/* libcrypto, made ready once. */
#include "sender/engine.h"

#include "common/error.h"
#include "common/warmup.h"

int
engine_start(struct engine *engine)
{
	if (engine->ready)
		return CHAT_OK;
	if (suite_open(&engine->suite) != 0 ||
	    spake2_open(&engine->spake2) != 0 || warmup(&engine->suite) != 0)
		return CHAT_EINTERNAL;
	engine->ready = true;
	return CHAT_OK;
}
