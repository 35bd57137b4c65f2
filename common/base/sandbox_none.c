/* No sandbox: only for test builds whose instruments need more system calls. */
#include "common/base/sandbox.h"

#include "common/base/error.h"

const char *
sandbox_name(void)
{
	return "none (a build for tests, not for use)";
}

int
sandbox_enter(enum sandbox_profile profile)
{
	(void)profile;
	return CHAT_OK;
}
