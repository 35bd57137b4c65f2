/* The command line of chat-send. */
#include "sender/options.h"

#include <ctype.h>
#include <err.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "common/base/descriptors.h"
#include "common/base/error.h"
#include "common/base/hex.h"
#include "common/base/limits.h"
#include "common/base/option.h"
#include "common/base/text.h"
#include "common/base/timestamp.h"
#include "common/users/identity.h"

#define BLANKS " \t\r\n"

/* The result. The rows of the table point into it. */
static struct options given = {.family = AF_UNSPEC};

static void take_id(char *text);

static const struct option_row rows[] = {
    {'4', "ipv4", NULL, "IPv4 only", .choice = &given.family,
	.chosen = AF_INET},
    {'6', "ipv6", NULL, "IPv6 only", .choice = &given.family,
	.chosen = AF_INET6},
    {'a', "address", "address",
	"send to this address or host, whatever the directory says",
	.word = &given.address},
    {'c', "composed", "time",
	"when the message was composed, as in 2026-11-28T21:30:00Z",
	.word = &given.composed_word},
    {'d', "directory", "directory",
	"the user directory: a JSON file, chat-users(5)",
	.word = &given.directory},
    {'e', "each", NULL, "with -l: make each line a message of its own",
	.flag = &given.each},
    {'h', "help", NULL, "show this and end", .show = option_help},
    {'i', "id", "id", "the message's id, 32 hexadecimal digits",
	.take = take_id},
    {'j', "json", NULL, "write a line of JSON for each result",
	.flag = &given.json},
    {'k', "key", "file", "a file with the secret shared with the recipient",
	.word = &given.key_file},
    {'L', "list", NULL, "list the names in the directory and end",
	.flag = &given.list},
    {'l', "lines", NULL, "send the lines of standard input as they come",
	.flag = &given.lines},
    {'n', "dry-run", NULL, "send nothing: see whether it would arrive",
	.flag = &given.probe},
    {'p', "port", "port", "send to this port", .number = &given.port,
	.least = 1, .most = 65535},
    {'q', "quiet", NULL, "no warnings", .flag = &given.quiet},
    {'r', "retry", "seconds",
	"keep trying for that long; it is shown once, within the listener's life",
	.number = &given.retry_s, .least = 1, .most = MOST_RETRY_S},
    {'s', "spool", "time",
	"keep what cannot be delivered now in the spool, for so long (3d)",
	.duration = &given.keep_s, .least = 1, .most = MOST_KEPT_S},
    {'t', "timeout", "seconds",
	"give up one try after that long (30, and 35 more for the receipt)",
	.number = &given.timeout_s, .least = 1, .most = MOST_TIMEOUT_S},
    {'u', "user", "name", "who you are, in the recipient's directory",
	.word = &given.user},
    {'V', "version", NULL, "show the version and end", .show = option_version},
    {'v', "verbose", NULL, "tell what happens", .flag = &given.verbose},
};

static const struct option_table table = {"chat-send", rows,
    sizeof(rows) / sizeof(rows[0]), {"user[,user...]", "[message ...]", NULL},
    .about =
	"Delivers one message to chat-listen. Without message words, or with -,\n"
	"the message is read from standard input.",
    .notes =
	"Exit status 0: it was written out there. 75: it was not, try again.\n"
	"79: delivery unknown; retry with the same -i. 80: kept. See chat-send(1)."};

static void
need_output(char option)
{
	if (!descriptors_can_write(STDOUT_FILENO))
		errx(
		    SEND_IO, "standard output is closed; -%c needs it", option);
}

static void __attribute__((noreturn))
show(const struct option_result *read)
{
	need_output(read->shown);
	if (fputs(read->text, stdout) == EOF || fflush(stdout) != 0)
		err(SEND_IO, "standard output");
	exit(SEND_OK);
}

static void
take_id(char *text)
{
	char lower[2 * SIZE_ID + 1] = "";

	for (size_t i = 0; i < sizeof(lower) - 1 && text[i] != '\0'; i++)
		lower[i] = (char)tolower((unsigned char)text[i]);
	if (strlen(text) != sizeof(lower) - 1 ||
	    hex_decode(lower, given.id, SIZE_ID) != 0)
		errx(SEND_USAGE, "-i %s: an id is %d hexadecimal digits",
		    QUOTED(text), 2 * SIZE_ID);
	given.has_id = true;
}

/* Removes the blanks around a name, as in "alice, bob". */
static char *
trim(char *name)
{
	size_t len;

	name += strspn(name, BLANKS);
	len = strlen(name);
	while (len > 0 && strchr(BLANKS, name[len - 1]) != NULL)
		name[--len] = '\0';
	return name;
}

/* Whether this recipient was named before: each gets one copy. */
static bool
is_named(const char *name)
{
	for (size_t i = 0; i < given.recipients_count; i++)
		if (strcmp(given.recipients[i], name) == 0)
			return true;
	return false;
}

/* Splits alice,bob,carol. A bad name does not affect the others. */
static void
take_recipients(char *list, bool words_follow)
{
	size_t len = strlen(list);
	char *name;

	/* In "alice, bob", is bob a recipient or the text? */
	if (words_follow && len > 0 && list[len - 1] == ',')
		errx(SEND_USAGE,
		    "'%s' ends with a comma; name several without blanks, as in alice,bob",
		    QUOTED(list));

	while ((name = strsep(&list, ",")) != NULL) {
		if (given.recipients_count == MOST_RECIPIENTS)
			errx(SEND_USAGE, "at most %d recipients",
			    MOST_RECIPIENTS);
		name = trim(name);
		if (is_named(name))
			continue;
		given.recipients[given.recipients_count++] = name;
	}
}

static void __attribute__((noreturn))
refuse_option(const char *word, const char *argument)
{
	errx(SEND_USAGE,
	    "'%s%s%s' is an option, and options stand before the recipient; to send it as text, write -- right after the recipient",
	    QUOTED(word), argument == NULL ? "" : " ",
	    argument == NULL ? "" : QUOTED(argument));
}

/*
 * Refuses words at the start or the end of a message that look like options. A
 * number at the end is text, even if an option has that digit as its letter.
 */
static void
refuse_options(char *words[])
{
	const char *word = words[0], *last;
	size_t count = 0;

	if (word == NULL)
		return;
	while (words[count] != NULL)
		count++;
	if (option_count(&table, word, words[1]) > 0)
		refuse_option(word,
		    option_count(&table, word, words[1]) == 2 ? words[1]
							      : NULL);
	last = words[count - 1];
	if (count > 1 && option_count(&table, words[count - 2], last) == 2)
		refuse_option(words[count - 2], last);
	if (option_count(&table, last, NULL) > 0 &&
	    strspn(last + 1, "0123456789") != strlen(last + 1))
		refuse_option(last, NULL);
}

/* In "alice ,bob hi", is bob a recipient or the text? */
static void
refuse_comma(const char *word)
{
	if (word != NULL && word[0] == ',' && strpbrk(word, BLANKS) == NULL)
		errx(SEND_USAGE,
		    "'%s' starts with a comma; name several without blanks, as in alice,bob; to send it as text, write -- right after the recipient",
		    QUOTED(word));
}

/* Takes the words of the message. What follows "--" is text in any case. */
static void
take_words(char *words[], bool dashes)
{
	given.literal = words[0] != NULL && strcmp(words[0], "--") == 0;
	given.words = words + (given.literal ? 1 : 0);
	if (given.literal || dashes)
		return;
	refuse_comma(given.words[0]);
	refuse_options(given.words);
}

/*
 * Reads -c. The time must not be in the future, apart from a small clock error.
 */
static void
take_composed(void)
{
	const char *word = given.composed_word;

	if (word == NULL)
		return;
	if (strlen(word) != SIZE_INSTANT ||
	    timestamp_parse(word, &given.composed) != 0)
		errx(SEND_USAGE,
		    "-c %s: not a time; write it in UTC, as in 2026-11-28T21:30:00Z",
		    QUOTED(word));
	if (given.composed > (int64_t)time(NULL) + LIMIT_CLOCK_SKEW)
		errx(SEND_USAGE,
		    "-c %s: the time is in the future; is the clock right?",
		    QUOTED(word));
}

/* A later attempt has to read it again. `option` is empty, or as in "-k ". */
static void
need_file(const char *option, const char *path)
{
	struct stat st;

	if (path != NULL && stat(path, &st) == 0 && !S_ISREG(st.st_mode))
		errx(SEND_USAGE,
		    "%s%s: not a file that can be read again, which -s needs",
		    option, QUOTED(path));
}

/* Refuses what does not fit to -s. */
static void
check_spool(void)
{
	char found[PATH_MAX];

	if (given.keep_s == 0)
		return;
	if (given.probe)
		errx(SEND_USAGE, "-n and -s: -n sends no message to keep");
	if (given.lines && given.retry_s != 0)
		errx(SEND_USAGE,
		    "-l, -r and -s: with -s, what is not delivered at once is kept; leave out -r");
	need_file("-k ", given.key_file);
	if (given.directory != NULL)
		need_file("-d ", given.directory);
	else if (identity_directory(NULL, found, sizeof(found)) == 0)
		need_file("", found);
}

/* Refuses options that do not fit together. */
static void
check_together(void)
{
	bool several = given.recipients_count > 1;

	if (given.each && !given.lines)
		errx(SEND_USAGE, "-e needs -l");
	if (given.lines && given.has_id)
		errx(SEND_USAGE, "-i and -l: each line needs an id of its own");
	if (given.lines && given.composed_word != NULL)
		errx(SEND_USAGE,
		    "-c and -l: each line has the time at which it was read");
	if (given.lines && given.words[0] != NULL)
		errx(SEND_USAGE,
		    "-l reads messages from standard input; leave out '%s'",
		    QUOTED(given.words[0]));
	if (given.probe && given.lines)
		errx(SEND_USAGE, "-n and -l: -n sends no message");
	if (given.probe && given.words[0] != NULL)
		errx(SEND_USAGE, "-n sends no message; leave out '%s'",
		    QUOTED(given.words[0]));
	if (several && (given.address != NULL || given.key_file != NULL))
		errx(SEND_USAGE, "-a and -k are for one recipient");
	check_spool();
}

static void
take_operands(int argc, char *argv[], int rest, bool dashes)
{
	char synopsis[SIZE_OPTIONS];

	if (given.list && rest < argc)
		errx(SEND_USAGE, "-L lists names only; leave out '%s'",
		    QUOTED(argv[rest]));
	if (given.list && (given.json || given.lines || given.probe))
		errx(SEND_USAGE, "-L lists names only; leave out -%c",
		    given.json        ? 'j'
			: given.lines ? 'l'
				      : 'n');
	if (given.list)
		return;
	if (rest == argc) {
		option_synopsis(&table, synopsis);
		errx(SEND_USAGE,
		    "no recipient: name whom the message is for\n%s", synopsis);
	}
	take_recipients(argv[rest], rest + 1 < argc);
	take_words(argv + rest + 1, dashes);
	check_together();
}

void
options_read(int argc, char *argv[], struct options *options)
{
	struct option_result read;

	if (option_read(&table, argc, argv, &read) != 0)
		errx(SEND_USAGE, "%s", read.text);
	if (read.shown != '\0')
		show(&read);
	take_operands(argc, argv, read.rest, read.dashes);
	take_composed();
	if (given.list)
		need_output('L');
	if (given.json)
		need_output('j');
	*options = given;
}
