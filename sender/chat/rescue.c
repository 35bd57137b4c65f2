/* The process that outlives chat-terminal, and restores the terminal. */
#include "sender/chat/rescue.h"

#include <err.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#include "sender/chat/exit.h"
#include "sender/chat/screen.h"

#define GRACE_S 2 /* after a signal, until the child is killed */

static struct termios before;
static bool terminal;
static volatile bool *restored; /* shared by both processes */

/*
 * The terminal may have gone. It may also have been stopped, with Ctrl-S, or
 * nobody may read it: then writing would wait for ever.
 */
static void
restore(void)
{
	struct pollfd output = {.fd = STDIN_FILENO, .events = POLLOUT};
	const char *end = screen_end();

	if (!terminal || tcsetattr(STDIN_FILENO, TCSANOW, &before) != 0)
		return;
	(void)tcflow(STDIN_FILENO, TCOON);
	if (*end != '\0' && poll(&output, 1, 0) == 1)
		(void)dprintf(STDIN_FILENO, "%s\n", end);
}

/* Waits for all that the child has left behind, which the kernel kills. */
static void __attribute__((noreturn))
end_as(int status, int signal)
{
	if (!*restored)
		restore();
	while (waitpid(-1, NULL, 0) > 0)
		;
	if (WIFSIGNALED(status))
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
rescue_start(void)
{
	static const int passed[] = {SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGCHLD};
	pid_t parent = getpid(), child;
	sigset_t signals;

	terminal = tcgetattr(STDIN_FILENO, &before) == 0;
	restored = mmap(NULL, sizeof(*restored), PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	(void)sigemptyset(&signals);
	for (size_t i = 0; i < sizeof(passed) / sizeof(passed[0]); i++)
		(void)sigaddset(&signals, passed[i]);
	(void)sigprocmask(SIG_BLOCK, &signals, NULL);
	(void)signal(SIGTTOU, SIG_IGN); /* we restore it from anywhere */
	(void)signal(SIGCHLD, SIG_DFL); /* waitpid(2) fails if it is ignored */
	(void)signal(SIGTSTP, SIG_IGN); /* nobody would listen meanwhile */
	if (restored == MAP_FAILED || prctl(PR_SET_CHILD_SUBREAPER, 1) != 0 ||
	    (child = fork()) == -1)
		err(TERMINAL_SYSTEM, "cannot start a process");
	if (child != 0)
		watch(child, &signals);
	if (prctl(PR_SET_PDEATHSIG, SIGTERM) != 0 || getppid() != parent)
		_exit(TERMINAL_SYSTEM);
}

void
rescue_cancel(void)
{
	*restored = true;
}
