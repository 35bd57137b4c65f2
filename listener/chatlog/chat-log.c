/* chat-log: shows and checks received logs. See chat-log(1). */
#include <err.h>
#include <inttypes.h>
#include <limits.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/base/descriptors.h"
#include "common/base/error.h"
#include "common/base/limits.h"
#include "common/base/option.h"
#include "common/base/text.h"
#include "listener/chatlog/check.h"
#include "listener/chatlog/show.h"
#include "listener/exit.h"

/* Exit statuses, beside those of listener/exit.h. */
#define LOG_FAULTY 1
#define LOG_DATA 65
#define LOG_INPUT 66

#define NO_COLUMNS UINT_MAX /* without -t */

static struct show show;
static bool check_wanted, json;
static unsigned last, columns = NO_COLUMNS;

static const struct option_row rows[] = {
    {'c', "check", NULL,
	"check logs together, and that what senders kept of -j is there",
	.flag = &check_wanted},
    {'f', "follow", NULL, "go on with what is appended, for ever",
	.flag = &show.follow},
    {'h', "help", NULL, "show this and end", .show = option_help},
    {'j', "json", NULL, "show messages as lines of JSON", .flag = &json},
    {'n', "last", "number", "show the last messages of each file only",
	.number = &last, .least = 1, .most = 1000000},
    {'t', "terminal", "columns",
	"show as on a terminal of that width; 0 if unknown", .number = &columns,
	.least = 0, .most = MOST_COLUMNS},
    {'V', "version", NULL, "show the version and end", .show = option_version},
};

static const struct option_table table = {.program = "chat-log",
    .rows = rows,
    .count = sizeof(rows) / sizeof(rows[0]),
    .operands = {"file ...", NULL},
    .about = "Shows the received logs of chat-listen -o, or checks them."};

static void __attribute__((noreturn))
show_text(const char *text)
{
	if (fputs(text, stdout) == EOF || fflush(stdout) != 0)
		err(LISTEN_OUTPUT, "standard output");
	exit(LISTEN_OK);
}

/* Returns the number of files, the rest of the command line. */
static size_t
read_options(int argc, char *argv[], char ***files)
{
	struct option_result read;

	if (option_read(&table, argc, argv, &read) != 0)
		errx(LISTEN_USAGE, "%s", read.text);
	if (read.shown != '\0')
		show_text(read.text);
	*files = argv + read.rest;
	if (read.rest == argc)
		errx(LISTEN_USAGE,
		    "no file: name the log that chat-listen -o writes");
	if (check_wanted &&
	    (show.follow || json || last != 0 || columns != NO_COLUMNS))
		errx(LISTEN_USAGE, "-c cannot be used with -f, -j, -n or -t");
	if (json && columns != NO_COLUMNS)
		errx(LISTEN_USAGE, "-t cannot be used with -j");
	if (show.follow && argc - read.rest > 1)
		errx(LISTEN_USAGE, "-f follows one file");
	return (size_t)(argc - read.rest);
}

/* Ends after an error with a file. */
static void __attribute__((noreturn))
give_up(int error, const char *name, bool output)
{
	if (output)
		err(LISTEN_OUTPUT, "standard output");
	if (error == CHAT_EIO)
		err(LOG_INPUT, "%s", QUOTED(name));
	if (error == CHAT_EMALFORMED)
		errx(LOG_DATA, "%s: not a log of chat-listen -o", QUOTED(name));
	errx(LISTEN_SYSTEM, "%s: %s", QUOTED(name), error_text(error));
}

static const char *
plural(uint64_t count)
{
	return count == 1 ? "" : "s";
}

static void
tell(const struct check *check)
{
	(void)printf(
	    "%" PRIu64 " message%s", check->messages, plural(check->messages));
	if (check->messages > 0)
		(void)printf(
		    ", %" PRIu64 " to %" PRIu64, check->first, check->last);
	(void)printf("; %" PRIu64 " of %" PRIu64 " receipt%s found",
	    check->found, check->receipts, plural(check->receipts));
	if (check->older > 0)
		(void)printf(", %" PRIu64 " of older files", check->older);
	if (check->others > 0)
		(void)printf(
		    ", %" PRIu64 " of other recipients", check->others);
	(void)printf("; %lu fault%s\n", check->faults, plural(check->faults));
}

static int
check_logs(char *const files[], size_t count)
{
	const char *name = files[0];
	struct check check;
	int error = check_files(files, count, &check, &name);

	if (error != 0)
		give_up(error, name, false);
	tell(&check);
	if (fflush(stdout) != 0)
		err(LISTEN_OUTPUT, "standard output");
	return check.faults == 0 ? LISTEN_OK : LOG_FAULTY;
}

/* How to show messages: as chat-listen does. */
static void
set_display(void)
{
	show.output.fd = STDOUT_FILENO;
	show.output.terminal = show.output.people = isatty(STDOUT_FILENO) == 1;
	if (columns != NO_COLUMNS)
		output_show_people(&show.output, columns);
	show.last = last;
	display_choose(&show.display, json, show.output.people);
}

int
main(int argc, char *argv[])
{
	char **files;
	size_t count;
	bool output;
	int error;

	if (descriptors_fill() != 0)
		err(LISTEN_SYSTEM, "cannot open /dev/null");
	(void)setlocale(LC_CTYPE, "");
	count = read_options(argc, argv, &files);
	if (check_wanted)
		return check_logs(files, count);
	set_display();
	for (size_t i = 0; i < count; i++)
		if ((error = show_file(&show, files[i], &output)) != 0)
			give_up(error, files[i], output);
	return LISTEN_OK;
}
