/* How signals affect chat-listen. */
#include "listener/parent/signals.h"

#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#define SHELL_SIGNAL 128 /* shells add this to the number of a signal */

static int ended_by; /* the signal to end by, or 0 */

/* Runs last at exit, so that our parent sees that the signal ended us. */
static void
die_of_signal(int status, void *unused)
{
	sigset_t none;

	(void)status;
	(void)unused;
	if (ended_by == 0)
		return;
	(void)sigemptyset(&none);
	(void)signal(ended_by, SIG_DFL);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
	(void)raise(ended_by);
	_exit(SHELL_SIGNAL + ended_by); /* a signal cannot end process 1 */
}

void
signals_prepare(void)
{
	(void)signal(SIGPIPE, SIG_IGN);
	(void)signal(SIGXFSZ, SIG_IGN); /* a full file causes a nack */
	(void)signal(SIGCHLD, SIG_DFL); /* waitpid(2) fails if it is ignored */
	(void)signal(SIGINT, SIG_DFL);
	(void)signal(SIGTERM, SIG_DFL);
	signals_hold(false);
	(void)on_exit(die_of_signal, NULL);
}

void
signals_hold(bool hold)
{
	sigset_t set;

	(void)sigemptyset(&set);
	(void)sigaddset(&set, SIGCHLD);
	(void)sigaddset(&set, SIGHUP);
	(void)sigaddset(&set, SIGUSR1);
	if (hold) {
		(void)sigaddset(&set, SIGINT);
		(void)sigaddset(&set, SIGTERM);
	}
	(void)sigprocmask(SIG_SETMASK, &set, NULL);
}

void
signals_end_by(int number)
{
	ended_by = number;
}
