/* libcrypto, prepared in two steps. */
#include "sender/crypto.h"

#include "common/base/error.h"
#include "common/chat1/warmup.h"

int
crypto_start(struct crypto *crypto)
{
	if (crypto->started)
		return CHAT_OK;
	if (suite_open(&crypto->suite) != 0 ||
	    spake2_open(&crypto->spake2) != 0)
		return CHAT_EINTERNAL;
	crypto->started = true;
	return CHAT_OK;
}

int
crypto_complete(struct crypto *crypto)
{
	if (crypto->completed)
		return CHAT_OK;
	if (warmup_run(&crypto->suite) != 0)
		return CHAT_EINTERNAL;
	crypto->completed = true;
	return CHAT_OK;
}
