/* The command of -x. */
#include "sender/spool/hook.h"

#include <err.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "common/base/clock.h"
#include "common/base/shell.h"
#include "common/base/timestamp.h"

#define EXIT_NOT_RUN 127

static void
set_variables(
    const struct parcel *parcel, const struct state *state, const char *id)
{
	char sent[SIZE_INSTANT + 1] = "", status[16];

	(void)timestamp_format(parcel->letter.composed, sent);
	(void)snprintf(status, sizeof(status), "%d", (int)state->status);
	(void)setenv("CHAT_ID", id, 1);
	(void)setenv("CHAT_FROM", parcel->letter.way.from, 1);
	(void)setenv("CHAT_TO", parcel->letter.way.to, 1);
	(void)setenv("CHAT_SENT", sent, 1);
	(void)setenv("CHAT_STATUS", status, 1);
	(void)setenv("CHAT_REASON", state->reason, 1);
}

/* Waits for its end, or ends it, with all that it has started. */
static int
await_end(pid_t pid, bool *overdue)
{
	int64_t deadline = clock_now_ms() + DEADLINE_MS(LIMIT_COMMAND_S);
	siginfo_t ended = {.si_pid = 0};
	sigset_t child, before;
	struct timespec time;
	int64_t left = 0;
	int status = 0;

	(void)sigemptyset(&child);
	(void)sigaddset(&child, SIGCHLD);
	(void)sigprocmask(SIG_BLOCK, &child, &before);
	while (waitid(P_PID, (id_t)pid, &ended, WEXITED | WNOHANG | WNOWAIT) ==
		0 &&
	    ended.si_pid == 0 && (left = deadline - clock_now_ms()) > 0) {
		time.tv_sec = left / 1000;
		time.tv_nsec = left % 1000 * 1000000;
		(void)sigtimedwait(&child, NULL, &time);
	}
	(void)sigprocmask(SIG_SETMASK, &before, NULL);
	*overdue = ended.si_pid == 0;
	shell_kill(pid);
	while (waitpid(pid, &status, 0) == -1 && errno == EINTR)
		;
	return status;
}

static void
warn_of(int status, bool overdue, const char *id)
{
	if (overdue)
		warnx(
		    "-x: the command for message %s was ended after %d seconds",
		    id, LIMIT_COMMAND_S);
	else if (WIFSIGNALED(status))
		warnx("-x: signal %d ended the command for message %s",
		    WTERMSIG(status), id);
	else if (WEXITSTATUS(status) != 0)
		warnx("-x: the command for message %s ended with status %d", id,
		    WEXITSTATUS(status));
}

void
hook_run(const char *command, const struct parcel *parcel,
    const struct state *state, const char *id)
{
	struct shell shell = {.line = command,
	    .output = STDOUT_FILENO,
	    .errors = STDERR_FILENO,
	    .failed = EXIT_NOT_RUN};
	bool overdue;
	pid_t pid = -1;
	int status;

	if (command == NULL)
		return;
	set_variables(parcel, state, id);
	shell.environment = environ;
	shell.input = shell_input(parcel->text, parcel->len, "\n");
	if (shell.input != -1)
		pid = shell_start(&shell);
	if (pid == -1)
		warn("-x: cannot run the command");
	if (shell.input != -1)
		(void)close(shell.input);
	if (pid == -1)
		return;
	status = await_end(pid, &overdue);
	warn_of(status, overdue, id);
}
