/* What each program that will have passwords does first. */
#include "sender/guard.h"

#include <err.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#include "common/base/descriptors.h"
#include "common/base/random.h"
#include "sender/options.h"

/* Passwords will be in memory: forbids core files and tracing. */
static void
guard_memory(void)
{
	const struct rlimit none = {0, 0};

	if (setrlimit(RLIMIT_CORE, &none) != 0 ||
	    prctl(PR_SET_DUMPABLE, 0) != 0)
		err(SEND_INTERNAL, "cannot forbid core dumps");
}

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
	guard_memory();
	if (descriptors_fill() != 0)
		err(SEND_INTERNAL, "cannot open /dev/null");
	(void)signal(SIGPIPE, SIG_IGN);
	(void)signal(SIGCHLD, SIG_DFL); /* waitpid(2) fails if it is ignored */
	need_random();
}
