/* Starting the command of -x. */
#include "listener/runner/command.h"

#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "common/base/batch.h"
#include "common/base/error.h"
#include "common/base/hex.h"
#include "common/base/name.h"
#include "common/base/shell.h"
#include "common/base/text.h"
#include "common/base/timestamp.h"
#include "common/log/record.h"

#define EXIT_TEMPORARY 75 /* EX_TEMPFAIL of sysexits(3) */
#define VARIABLES 7       /* that tell of a message */
#define SIZE_VARIABLE 128
#define DEFAULT_PATH "/usr/local/bin:/usr/bin:/bin"

/* Returns a variable that is set and not empty, else NULL. */
static const char *
setting(const char *name)
{
	const char *value = getenv(name);

	return value == NULL || *value == '\0' ? NULL : value;
}

/*
 * Picks the variable that makes the charset UTF-8; if none does, LANG=C.UTF-8.
 */
static void
choose_locale(const char **name, const char **value)
{
	static const char *const names[] = {"LC_ALL", "LC_CTYPE", "LANG"};

	for (size_t i = 0; text_reader_has_utf8() && i < 3; i++)
		if ((*value = setting(*name = names[i])) != NULL)
			return;
	*name = "LANG";
	*value = "C.UTF-8";
}

/* Returns the home of the user that commands run as, or NULL. */
static const char *
find_home(const struct jail *jail)
{
	const char *home = jail->root ? NULL : setting("HOME");
	const struct passwd *pw;

	if (home != NULL)
		return home;
	pw = jail->root ? getpwnam(jail->user) : getpwuid(getuid());
	return pw != NULL && pw->pw_dir[0] == '/' ? pw->pw_dir : NULL;
}

int
command_prepare(struct command *command, const struct jail *jail)
{
	const char *name, *value, *home = find_home(jail);
	const char *path = getenv("PATH");
	char **at = command->settings;

	choose_locale(&name, &value);
	if (asprintf(at++, "%s=%s", name, value) == -1 ||
	    asprintf(at++, "PATH=%s", path != NULL ? path : DEFAULT_PATH) ==
		-1 ||
	    (home != NULL && asprintf(at++, "HOME=%s", home) == -1))
		return CHAT_EINTERNAL;
	*at = NULL;
	return CHAT_OK;
}

/* Returns a file with the lines of JSON that a session would write, or -1. */
static int
json_file(const struct submission *submission, const char *text, size_t len)
{
	static char lines[SIZE_RECORDS];
	struct source source;
	struct record record;
	size_t spelled;
	int fd;

	submission_record(submission, text, len, &source, &record);
	spelled = record_spell_all(&record, lines);
	fd = shell_input(lines, spelled, "");
	explicit_bzero(lines, spelled);
	return fd;
}

static void
spell_variables(const struct submission *submission, size_t lines,
    char values[VARIABLES][SIZE_VARIABLE])
{
	char id[2 * SIZE_ID + 1], sent[SIZE_INSTANT + 1] = "", count[24];
	struct source source;
	const char *const fields[VARIABLES][2] = {
	    {"ID", id},
	    {"FROM", (const char *)submission->from},
	    {"TO", (const char *)submission->to},
	    {"LISTED", submission->listed == 1 ? "1" : "0"},
	    {"SENT", sent},
	    {"ADDRESS", source.text},
	    {"LINES", count},
	};

	(void)snprintf(count, sizeof(count), "%zu", lines);
	hex_encode(submission->id, SIZE_ID, id);
	(void)timestamp_format(submission_sent(submission), sent);
	source_from(submission->source, &source);
	for (size_t i = 0; i < VARIABLES; i++)
		(void)snprintf(values[i], SIZE_VARIABLE, "CHAT_%s=%s",
		    fields[i][0], fields[i][1]);
}

/* What a process is started with. */
struct start {
	const struct command *command;
	const struct submission *submission; /* NULL for one that stays */
	size_t lines;                        /* of the message */
	int input, output;
};

static pid_t
begin(const struct start *start)
{
	const struct command *command = start->command;
	char values[VARIABLES][SIZE_VARIABLE];
	char *environment[COMMAND_SETTINGS + VARIABLES + 1], **at = environment;

	for (size_t i = 0; command->settings[i] != NULL; i++)
		*at++ = command->settings[i];
	if (start->submission != NULL) {
		spell_variables(start->submission, start->lines, values);
		for (size_t i = 0; i < VARIABLES; i++)
			*at++ = values[i];
	}
	*at = NULL;
	return shell_start(&(struct shell){.line = command->line,
	    .input = start->input,
	    .output = start->output,
	    .errors = command->errors,
	    .environment = environment,
	    .failed = EXIT_TEMPORARY});
}

pid_t
command_start(const struct command *command,
    const struct submission *submission, const char *text, size_t len)
{
	int fd = command->json
	    ? json_file(submission, text, len)
	    : shell_input(text, len, submission->batch != 0 ? "\n" : "");
	pid_t pid;

	if (fd == -1)
		return -1;
	pid = begin(&(struct start){.command = command,
	    .submission = submission,
	    .lines = submission->batch != 0 ? batch_count(text, len) : 1,
	    .input = fd,
	    .output = STDOUT_FILENO});
	(void)close(fd);
	return pid;
}

pid_t
command_start_handler(const struct command *command, int input, int output)
{
	return begin(&(struct start){
	    .command = command, .input = input, .output = output});
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
