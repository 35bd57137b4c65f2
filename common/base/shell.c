/* Commands that sh(1) runs. */
#include "common/base/shell.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "common/base/file.h"

/*
 * A command must not inherit signals that we, or our parent, ignore or block.
 */
static void
restore_signals(void)
{
	sigset_t none;

	for (int number = 1; number < NSIG; number++)
		(void)signal(number, SIG_DFL);
	(void)sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
}

static void __attribute__((noreturn))
become(const struct shell *shell, pid_t parent)
{
	if (setpgid(0, 0) != 0 || prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 ||
	    getppid() != parent || dup2(shell->input, STDIN_FILENO) == -1 ||
	    dup2(shell->output, STDOUT_FILENO) == -1 ||
	    dup2(shell->errors, STDERR_FILENO) == -1)
		_exit(shell->failed);
	restore_signals();
	closefrom(STDERR_FILENO + 1);
	execle("/bin/sh", "sh", "-c", shell->line, (char *)NULL,
	    shell->environment);
	(void)dprintf(STDERR_FILENO, "/bin/sh: %s\n", strerror(errno));
	_exit(shell->failed);
}

pid_t
shell_start(const struct shell *shell)
{
	pid_t parent = getpid(), pid = fork();

	if (pid == 0)
		become(shell, parent);
	if (pid != -1)
		(void)setpgid(pid, pid); /* the command does this too */
	return pid;
}

void
shell_kill(pid_t pid)
{
	(void)kill(-pid, SIGKILL);
	(void)kill(pid, SIGKILL); /* in case it joined another group */
}

int
shell_input(const char *bytes, size_t len, const char *more)
{
	int fd = memfd_create("message", MFD_CLOEXEC);

	if (fd != -1 &&
	    (file_write(pwrite, fd, bytes, len, 0) != 0 ||
		file_write(pwrite, fd, more, strlen(more), (off_t)len) != 0)) {
		(void)close(fd);
		return -1;
	}
	return fd;
}
