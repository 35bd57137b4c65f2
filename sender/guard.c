/* What each program that will have passwords does first. */
#include "sender/guard.h"

#include <err.h>
#include <signal.h>

#include "common/base/descriptors.h"
#include "common/base/privdrop.h"
#include "common/base/random.h"
#include "sender/options.h"

static void
need_random(void)
{
	char fault[SIZE_RANDOM_FAULT];

	if (random_check(fault) != 0)
		errx(SEND_INTERNAL, "%s", fault);
}

void
guard_start(void)
{
	if (privdrop_dumps() != 0)
		err(SEND_INTERNAL, "cannot forbid core dumps");
	if (descriptors_fill() != 0)
		err(SEND_INTERNAL, "cannot open /dev/null");
	(void)signal(SIGPIPE, SIG_IGN);
	(void)signal(SIGCHLD, SIG_DFL); /* waitpid(2) fails if it is ignored */
	need_random();
}
