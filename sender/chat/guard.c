/* The process that outlives chat-terminal, and restores the terminal. */
#include "sender/chat/guard.h"

#include <err.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#include "sender/chat/screen.h"

#define EXIT_SYSTEM 71
#define GRACE_S 2 /* after a signal, until the child is killed */

static struct termios before;
static bool terminal, edits;

/* Writing may fail: the terminal may have gone. */
static void
restore(void)
{
	ssize_t n;

	if (!terminal || tcsetattr(STDIN_FILENO, TCSANOW, &before) != 0)
		return;
	n = edits ? write(STDIN_FILENO, GUARD_MODES_OFF "\n",
			sizeof(GUARD_MODES_OFF "\n") - 1)
		  : 0;
	(void)n;
}

/* Waits for all that the child has left behind, which the kernel kills. */
static void __attribute__((noreturn))
end_as(int status, int signal)
{
	bool killed = WIFSIGNALED(status);

	if (killed)
		restore();
	while (waitpid(-1, NULL, 0) > 0)
		;
	if (killed)
		_exit(128 + (signal != 0 ? signal : WTERMSIG(status)));
	_exit(WEXITSTATUS(status));
}

static void __attribute__((noreturn))
watch(pid_t child, const sigset_t *signals)
{
	const struct timespec grace = {.tv_sec = GRACE_S}, never = {86400, 0};
	int status, signal, passed = 0;
	pid_t pid;

	for (;;) {
		signal =
		    sigtimedwait(signals, NULL, passed != 0 ? &grace : &never);
		while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
			if (pid == child)
				end_as(status, passed);
		if (signal == -1 && passed != 0)
			(void)kill(child, SIGKILL);
		if (signal <= 0 || signal == SIGCHLD)
			continue;
		passed = signal;
		(void)kill(child, signal);
	}
}

void
guard_start(void)
{
	static const int passed[] = {SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGCHLD};
	pid_t parent = getpid(), child;
	sigset_t signals;

	terminal = tcgetattr(STDIN_FILENO, &before) == 0;
	edits = screen_can_edit();
	(void)sigemptyset(&signals);
	for (size_t i = 0; i < sizeof(passed) / sizeof(passed[0]); i++)
		(void)sigaddset(&signals, passed[i]);
	(void)sigprocmask(SIG_BLOCK, &signals, NULL);
	(void)signal(SIGTTOU, SIG_IGN); /* we restore it from anywhere */
	(void)signal(SIGCHLD, SIG_DFL); /* waitpid(2) fails if it is ignored */
	if (prctl(PR_SET_CHILD_SUBREAPER, 1) != 0 || (child = fork()) == -1)
		err(EXIT_SYSTEM, "cannot start a process");
	if (child != 0)
		watch(child, &signals);
	if (prctl(PR_SET_PDEATHSIG, SIGTERM) != 0 || getppid() != parent)
		_exit(EXIT_SYSTEM);
}
