/* One run of the user's command. */
#include "listener/runner/command.h"

#include <err.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/base/hex.h"
#include "common/base/name.h"
#include "common/base/text.h"
#include "common/base/timestamp.h"

#define EXIT_TEMPORARY 75 /* EX_TEMPFAIL of sysexits(3) */
#define VARIABLES 6       /* besides PATH */
#define SIZE_VARIABLE 128
#define DEFAULT_PATH "/usr/local/bin:/usr/bin:/bin"

static int64_t
sent_of(const struct runner_request *request)
{
	int64_t sent;

	memcpy(&sent, request->sent, sizeof(sent));
	return sent;
}

bool
command_accepts(
    const struct runner_request *request, const char *text, size_t len)
{
	char sent[SIZE_INSTANT + 1];

	return name_field_valid(request->from) &&
	    name_field_valid(request->to) &&
	    timestamp_format(sent_of(request), sent) == 0 &&
	    text_check(text, len) == 0;
}

/* The text as a file that has no name, so that nobody waits for a reader. */
static int
text_file(const char *text, size_t len)
{
	int fd = memfd_create("message", MFD_CLOEXEC);

	if (fd == -1)
		return -1;
	if (write(fd, text, len) != (ssize_t)len ||
	    lseek(fd, 0, SEEK_SET) != 0) {
		(void)close(fd);
		return -1;
	}
	return fd;
}

static void
spell_variables(
    const struct runner_request *request, char values[VARIABLES][SIZE_VARIABLE])
{
	char id[2 * SIZE_ID + 1], sent[SIZE_INSTANT + 1] = "";
	struct source source;
	const char *const fields[VARIABLES][2] = {
	    {"ID", id},
	    {"FROM", (const char *)request->from},
	    {"TO", (const char *)request->to},
	    {"LISTED", request->listed == 1 ? "1" : "0"},
	    {"SENT", sent},
	    {"ADDRESS", source.text},
	};

	hex_encode(request->id, SIZE_ID, id);
	(void)timestamp_format(sent_of(request), sent);
	source_from(request->source, &source);
	for (size_t i = 0; i < VARIABLES; i++)
		(void)snprintf(values[i], SIZE_VARIABLE, "CHAT_%s=%s",
		    fields[i][0], fields[i][1]);
}

/* What we, or who started us, ignore or block, the command shall not. */
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
become(const char *command, const struct runner_request *request, int text,
    pid_t parent)
{
	char values[VARIABLES][SIZE_VARIABLE];
	char *environment[VARIABLES + 2] = {0};
	const char *path = getenv("PATH");

	spell_variables(request, values);
	for (size_t i = 0; i < VARIABLES; i++)
		environment[i] = values[i];
	if (asprintf(&environment[VARIABLES], "PATH=%s",
		path != NULL ? path : DEFAULT_PATH) == -1)
		_exit(EXIT_TEMPORARY);
	if (setpgid(0, 0) != 0 || prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 ||
	    getppid() != parent || dup2(text, STDIN_FILENO) == -1)
		_exit(EXIT_TEMPORARY);
	restore_signals();
	closefrom(STDERR_FILENO + 1);
	execle("/bin/sh", "sh", "-c", command, (char *)NULL, environment);
	err(EXIT_TEMPORARY, "/bin/sh");
}

pid_t
command_start(const char *command, const struct runner_request *request,
    const char *text, size_t len)
{
	int fd = text_file(text, len);
	pid_t parent = getpid(), pid;

	if (fd == -1)
		return -1;
	pid = fork();
	if (pid == 0)
		become(command, request, fd, parent);
	if (pid != -1)
		(void)setpgid(pid, pid); /* whoever comes first */
	(void)close(fd);
	return pid;
}

void
command_kill(pid_t pid)
{
	(void)kill(-pid, SIGKILL);
	(void)kill(pid, SIGKILL); /* it may have joined another group */
}

enum runner_result
command_result(int status)
{
	if (!WIFEXITED(status))
		return RUNNER_FAILED;
	switch (WEXITSTATUS(status)) {
	case 0:
		return RUNNER_HANDLED;
	case EXIT_TEMPORARY:
		return RUNNER_LATER;
	default:
		return RUNNER_FAILED;
	}
}
