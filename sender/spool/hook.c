/* The command of -x. */
#include "sender/spool/hook.h"

#include <err.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/base/error.h"
#include "common/base/timestamp.h"

#define EXIT_NOT_RUN 127

/* Puts the text, and a newline, into a file without a name. */
static int
text_file(const struct parcel *parcel)
{
	int fd = memfd_create("message", MFD_CLOEXEC);

	if (fd == -1)
		return -1;
	if (write(fd, parcel->text, parcel->len) == (ssize_t)parcel->len &&
	    write(fd, "\n", 1) == 1 && lseek(fd, 0, SEEK_SET) == 0)
		return fd;
	(void)close(fd);
	return -1;
}

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

static void __attribute__((noreturn))
become(const char *command, const struct parcel *parcel,
    const struct state *state, const char *id, int input)
{
	set_variables(parcel, state, id);
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 ||
	    dup2(input, STDIN_FILENO) == -1)
		_exit(EXIT_NOT_RUN);
	(void)signal(SIGPIPE, SIG_DFL);
	(void)signal(SIGALRM, SIG_DFL);
	(void)alarm(DEADLINE_S(LIMIT_COMMAND_S));
	execl("/bin/sh", "sh", "-c", command, (char *)NULL);
	err(EXIT_NOT_RUN, "/bin/sh");
}

void
hook_run(const char *command, const struct parcel *parcel,
    const struct state *state, const char *id)
{
	int input, status = -1;
	pid_t pid;

	if (command == NULL)
		return;
	if ((input = text_file(parcel)) == -1 || (pid = fork()) == -1) {
		warn("-x: cannot run the command");
		if (input != -1)
			(void)close(input);
		return;
	}
	if (pid == 0)
		become(command, parcel, state, id, input);
	(void)close(input);
	while (waitpid(pid, &status, 0) == -1 && errno == EINTR)
		;
	if (WIFSIGNALED(status))
		warnx("-x: signal %d ended the command for message %s",
		    WTERMSIG(status), id);
	else if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
		warnx("-x: the command for message %s ended with status %d", id,
		    WEXITSTATUS(status));
}
