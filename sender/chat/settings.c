/* The command line of chat-terminal, and the questions for what it lacks. */
#include "sender/chat/settings.h"

#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/base/descriptors.h"
#include "common/base/limits.h"
#include "common/base/option.h"
#include "common/base/text.h"
#include "common/users/identity.h"
#include "sender/chat/commands.h"
#include "sender/chat/exit.h"
#include "sender/chat/loop.h"
#include "sender/chat/screen.h"
#include "sender/chat/users.h"

#define MOST_PORT 65535
#define NO_PORT (MOST_PORT + 1)

static struct {
	char *directory, *user, *log;
	unsigned port, keep_s;
} given = {.port = NO_PORT};

static const struct option_row rows[] = {
    {'d', "directory", "directory",
	"the user directory: a JSON file, chat-users(5)",
	.word = &given.directory},
    {'h', "help", NULL, "show this and end", .show = option_help},
    {'o', "log", "file", "keep each message in this log, as chat-listen does",
	.word = &given.log},
    {'p', "port", "port", "listen on this port; 0 lets the kernel pick one",
	.number = &given.port, .least = 0, .most = MOST_PORT},
    {'s', "spool", "time",
	"keep for so long what cannot be delivered, as chat-send does",
	.duration = &given.keep_s, .least = 1, .most = MOST_KEPT_S},
    {'u', "user", "name", "your name in the directory", .word = &given.user},
    {'V', "version", NULL, "show the version and end", .show = option_version},
};

static const struct option_table table = {.program = "chat-terminal",
    .rows = rows,
    .count = sizeof(rows) / sizeof(rows[0]),
    .about = "Shows incoming messages and sends the lines that you type.",
    .notes =
	"Missing settings are asked for. In the chat, /help lists the commands."};

static void __attribute__((noreturn))
misuse(const char *problem)
{
	char synopsis[SIZE_OPTIONS];

	option_synopsis(&table, synopsis);
	errx(TERMINAL_USAGE, "%s\n%s", problem, synopsis);
}

static void __attribute__((noreturn))
show(const char *text)
{
	if (!descriptors_can_write(STDOUT_FILENO))
		errx(
		    TERMINAL_OUTPUT, "cannot write: standard output is closed");
	if (fputs(text, stdout) == EOF || fflush(stdout) != 0)
		err(TERMINAL_OUTPUT, "cannot write to standard output");
	exit(0);
}

static const char *
variable(const char *name)
{
	const char *value = getenv(name);

	return value != NULL && *value != '\0' ? value : NULL;
}

static void
read_port(struct settings *settings)
{
	const char *port = variable("CHAT_PORT");
	char problem[SIZE_PROBLEM];

	if (given.port == NO_PORT && port != NULL &&
	    option_number(
		"CHAT_PORT", port, 0, MOST_PORT, &given.port, problem) != 0)
		errx(TERMINAL_USAGE, "%s", problem);
	if (given.port != NO_PORT)
		(void)snprintf(
		    settings->port, sizeof(settings->port), "%u", given.port);
}

/* A directory that is named need not exist; chat-send tells what is wrong. */
static void
read_directory(struct settings *settings)
{
	char *path = settings->directory;
	int error = identity_directory(
	    given.directory, path, sizeof(settings->directory));

	if (identity_directory_is_named(given.directory) && error != 0)
		errx(TERMINAL_USAGE, "-d: the file name is too long");
	if (!identity_directory_is_named(given.directory) &&
	    (error != 0 || access(path, F_OK) != 0))
		path[0] = '\0';
}

void
settings_read(int argc, char *argv[], struct settings *settings)
{
	struct option_result read;
	char problem[SIZE_PROBLEM];

	if (option_read(&table, argc, argv, &read) != 0)
		errx(TERMINAL_USAGE, "%s", read.text);
	if (read.shown != '\0')
		show(read.text);
	if (read.rest < argc) {
		(void)snprintf(problem, sizeof(problem),
		    "'%s' is not an option; type messages once chat-terminal runs",
		    QUOTED(argv[read.rest]));
		misuse(problem);
	}
	*settings = (struct settings){
	    .user = given.user, .log = given.log, .keep_s = given.keep_s};
	read_port(settings);
	read_directory(settings);
	if (isatty(STDIN_FILENO) == 1)
		return;
	if (settings->directory[0] == '\0')
		misuse("no directory, and no terminal to ask on; use -d file");
	if (settings->port[0] == '\0')
		misuse("no port, and no terminal to ask on; use -p port");
}

/* Copies a path, with the home for a tilde. */
static void
expand(const char *answer, char path[PATH_MAX])
{
	const char *home = variable("HOME");

	answer += strspn(answer, " \t");
	if (strncmp(answer, "~/", 2) == 0 && home != NULL)
		(void)snprintf(path, PATH_MAX, "%s%s", home, answer + 1);
	else
		(void)strlcpy(path, answer, PATH_MAX);
	for (size_t n = strlen(path); n > 0 && path[n - 1] == ' '; n--)
		path[n - 1] = '\0';
}

/* Returns 0, or the exit status of chat-send. */
static int
read_names(const char *path)
{
	if (setenv("CHAT_DIRECTORY", path, 1) != 0)
		err(TERMINAL_SYSTEM, "setenv");
	return users_read();
}

static bool
ask_directory(struct settings *settings)
{
	const char *answer;
	int status;

	if (settings->directory[0] != '\0') {
		if ((status = read_names(settings->directory)) != 0)
			loop_end(status);
		return status == 0;
	}
	do {
		answer = commands_ask("user directory (a JSON file): ");
		if (answer == NULL)
			return false;
		expand(answer, settings->directory);
	} while (settings->directory[0] == '\0' ||
	    read_names(settings->directory) != 0);
	return true;
}

/* Returns the port that the directory has for us, or 0. */
static unsigned
proposed_port(const struct settings *settings)
{
	const struct contact *self;
	char name[LIMIT_NAME + 1];
	const char *bad;

	if (identity_given(settings->user, name, &bad) != 0)
		return 0;
	if (name[0] == '\0' && identity_login(name) != 0)
		return 0;
	self = users_find(name);
	return self == NULL ? 0 : self->port;
}

bool
settings_ask_port(struct settings *settings)
{
	unsigned proposed = proposed_port(settings), port = proposed;
	char question[64] = "port to listen on: ", problem[SIZE_PROBLEM];
	const char *answer;

	if (proposed != 0)
		(void)snprintf(question, sizeof(question),
		    "port to listen on [%u]: ", proposed);
	settings->asks_port = true;
	for (;;) {
		if ((answer = commands_ask(question)) == NULL)
			return false;
		if (*answer == '\0' && proposed != 0)
			break;
		if (option_number(
			"the port", answer, 0, MOST_PORT, &port, problem) == 0)
			break;
		screen_say("%s", problem);
	}
	(void)snprintf(settings->port, sizeof(settings->port), "%u", port);
	return true;
}

bool
settings_ask(struct settings *settings)
{
	return ask_directory(settings) &&
	    (settings->port[0] != '\0' || settings_ask_port(settings));
}
