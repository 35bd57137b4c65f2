/* The end of chat-listen, with all its processes. */
#include "listener/parent/ending.h"

#include <signal.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "common/base/clock.h"

#define LAST_MS 2000 /* for a killed process to end */

/*
 * Waits until all children have ended, for at most LAST_MS. A killed process
 * may hang in the kernel over a file on a server that has gone; or we may have
 * no right to kill it. Such a process is killed when we exit.
 */
static void
wait_for_ends(struct parent *parent)
{
	int64_t deadline = clock_now_ms() + LAST_MS, left = LAST_MS;
	struct timespec time;
	sigset_t child;
	pid_t pid;

	(void)sigemptyset(&child);
	(void)sigaddset(&child, SIGCHLD);
	while ((pid = waitpid(-1, NULL, WNOHANG)) != -1 && left > 0) {
		if (pid == parent->runner)
			parent->runner = GONE;
		left = deadline - clock_now_ms();
		time.tv_sec = left / 1000;
		time.tv_nsec = left % 1000 * 1000000;
		if (pid == 0 && left > 0)
			(void)sigtimedwait(&child, NULL, &time);
	}
}

/*
 * The runner ends its commands, unless they have stopped it: then it is killed,
 * and they die with it.
 */
void
ending_clear_up(struct parent *parent, struct children *children)
{
	children_kill(children);
	(void)close(parent->control);
	if (parent->keyholder != GONE)
		(void)kill(parent->keyholder, SIGKILL); /* even if stopped */
	if (parent->recorder != GONE)
		(void)kill(parent->recorder, SIGKILL); /* nobody waits for it */
	if (parent->runner != GONE) {
		(void)close(parent->runner_control);
		(void)kill(parent->runner, SIGCONT); /* even if stopped */
	}
	wait_for_ends(parent);
	if (parent->runner != GONE)
		(void)kill(parent->runner, SIGKILL);
}
