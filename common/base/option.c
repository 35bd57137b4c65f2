/* Options, read and described from one table. */
#include "common/base/option.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/error.h"
#include "common/base/sandbox.h"

#define LINE_WIDTH 79
#define SIZE_HEAD 64 /* "  -p --port=port" */

/* getopt_long(3) returns this plus the row for a long name. */
#define FIRST_LONG 0x100

/* The arguments for getopt_long(3). */
struct wanted {
	char letters[2 + 2 * MOST_OPTIONS + 1];
	struct option names[MOST_OPTIONS + 1];
};

/* Returns the first row that does not have exactly one receiver, or NULL. */
static const struct option_row *
unfit_row(const struct option_table *table)
{
	for (size_t i = 0; i < table->count; i++) {
		const struct option_row *row = &table->rows[i];

		if ((row->flag != NULL) + (row->choice != NULL) +
			(row->word != NULL) + (row->number != NULL) +
			(row->duration != NULL) + (row->take != NULL) +
			(row->show != NULL) !=
		    1)
			return row;
	}
	return NULL;
}

static void
prepare(const struct option_table *table, struct wanted *wanted)
{
	char *letters = wanted->letters;

	*letters++ = '+'; /* the first operand ends the options */
	*letters++ = ':'; /* getopt_long(3) prints nothing */
	for (size_t i = 0; i < table->count; i++) {
		const struct option_row *row = &table->rows[i];
		bool takes = row->argument != NULL;

		*letters++ = row->letter;
		if (takes)
			*letters++ = ':';
		wanted->names[i] = (struct option){.name = row->name,
		    .has_arg = takes ? required_argument : no_argument,
		    .val = FIRST_LONG + (int)i};
	}
}

/* The row of what getopt_long(3) returned, or NULL. */
static const struct option_row *
row_of(const struct option_table *table, int found)
{
	if (found >= FIRST_LONG)
		return &table->rows[found - FIRST_LONG];
	for (size_t i = 0; i < table->count; i++)
		if (table->rows[i].letter == found)
			return &table->rows[i];
	return NULL;
}

/* Returns how many long names start with this one, which may end at a "=". */
static size_t
count_names(const struct option_table *table, const char *start)
{
	size_t len = strcspn(start, "="), count = 0;

	for (size_t i = 0; i < table->count; i++)
		count += strncmp(table->rows[i].name, start, len) == 0;
	return count;
}

/* Describes what getopt_long(3) rejected; word is the one it looked at. */
static void
complain(const struct option_table *table, int found, const char *word,
    char problem[SIZE_PROBLEM])
{
	const char letter[] = {'-', (char)optopt, '\0'};
	const char *before = "", *after = " takes no argument";

	if (optopt != 0 && optopt < FIRST_LONG)
		word = letter;
	if (found == ':')
		after = " needs an argument";
	else if (optopt == 0 && count_names(table, word + 2) > 1)
		after = " is ambiguous; write the whole name";
	else if (optopt < FIRST_LONG) {
		before = "unknown option '";
		after = "'";
	}
	(void)snprintf(
	    problem, SIZE_PROBLEM, "%s%s%s", before, QUOTED(word), after);
}

/* The same, with the synopsis. */
static int
reject(const struct option_table *table, int found, const char *word,
    char text[SIZE_OPTIONS])
{
	char synopsis[SIZE_OPTIONS];

	complain(table, found, word, text);
	option_synopsis(table, synopsis);
	(void)strlcat(text, "\n", SIZE_OPTIONS);
	(void)strlcat(text, synopsis, SIZE_OPTIONS);
	return CHAT_EOPTION;
}

int
option_number(const char *option, const char *text, unsigned least,
    unsigned most, unsigned *number, char problem[SIZE_PROBLEM])
{
	const char *error;
	long long value = strtonum(text, least, most, &error);

	if (error == NULL) {
		*number = (unsigned)value;
		return CHAT_OK;
	}
	(void)snprintf(problem, SIZE_PROBLEM,
	    "%s %s: %s; give a number from %u to %u", option, QUOTED(text),
	    error, least, most);
	return CHAT_EBOUNDS;
}

/* Returns the seconds in a unit; 0 if there is no such unit. */
static unsigned
seconds_in(const char *unit)
{
	static const struct {
		const char *name;
		unsigned seconds;
	} units[] = {{"", 1}, {"s", 1}, {"m", 60}, {"h", 3600}, {"d", 86400}};

	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++)
		if (strcmp(units[i].name, unit) == 0)
			return units[i].seconds;
	return 0;
}

/* Returns the seconds of a time, or -1. */
static long long
read_duration(const char *text, unsigned least, unsigned most)
{
	char digits[16];
	size_t len = strspn(text, "0123456789");
	unsigned unit = seconds_in(text + len);
	const char *error;
	long long value;

	if (len == 0 || len >= sizeof(digits) || unit == 0)
		return -1;
	memcpy(digits, text, len);
	digits[len] = '\0';
	value = strtonum(digits, 0, most, &error) * unit;
	return error == NULL && value >= least && value <= most ? value : -1;
}

int
option_duration(const char *option, const char *text, unsigned least,
    unsigned most, unsigned *seconds, char problem[SIZE_PROBLEM])
{
	long long value = read_duration(text, least, most);

	if (value == -1) {
		(void)snprintf(problem, SIZE_PROBLEM,
		    "%s %s: not a time from %u to %u seconds; give seconds, or a number with m, h or d, as in 15m",
		    option, QUOTED(text), least, most);
		return CHAT_EBOUNDS;
	}
	*seconds = (unsigned)value;
	return CHAT_OK;
}

static int
store(const struct option_row *row, char *word, char problem[SIZE_PROBLEM])
{
	const char option[] = {'-', row->letter, '\0'};

	if (row->argument != NULL && *word == '\0') {
		(void)snprintf(problem, SIZE_PROBLEM,
		    "the argument of %s is empty; is a variable not set?",
		    option);
		return CHAT_EMALFORMED;
	}
	if (row->number != NULL)
		return option_number(
		    option, word, row->least, row->most, row->number, problem);
	if (row->duration != NULL)
		return option_duration(option, word, row->least, row->most,
		    row->duration, problem);
	if (row->flag != NULL)
		*row->flag = true;
	else if (row->choice != NULL)
		*row->choice = row->chosen;
	else if (row->word != NULL)
		*row->word = word;
	else
		row->take(word);
	return CHAT_OK;
}

/* Stores an option, or shows what it is to show. */
static int
handle(const struct option_table *table, const struct option_row *row,
    struct option_result *result)
{
	if (row->show == NULL)
		return store(row, optarg, result->text);
	result->shown = row->letter;
	row->show(table, result->text);
	return CHAT_OK;
}

int
option_read(const struct option_table *table, int argc, char *argv[],
    struct option_result *result)
{
	const struct option_row *row = unfit_row(table);
	const char *value = NULL;
	struct wanted wanted = {.letters = ""};
	int found, error;

	result->shown = '\0';
	if (row != NULL) {
		(void)snprintf(result->text, SIZE_OPTIONS,
		    "bug: -%c does not have exactly one receiver", row->letter);
		return CHAT_EINTERNAL;
	}
	prepare(table, &wanted);
	optind = 0; /* from the start */
	while ((found = getopt_long(
		    argc, argv, wanted.letters, wanted.names, NULL)) != -1) {
		if (found == '?' || found == ':')
			return reject(
			    table, found, argv[optind - 1], result->text);
		row = row_of(table, found);
		value = optarg;
		error = handle(table, row, result);
		if (error != 0 || result->shown != '\0')
			return error;
	}
	result->rest = optind;
	result->dashes = optind > 1 && argv[optind - 1] != value &&
	    strcmp(argv[optind - 1], "--") == 0;
	return CHAT_OK;
}

/* Returns whether a word could be the argument of an option. */
static bool
suits(const struct option_row *row, const char *word)
{
	const char *error;

	if (row->duration != NULL)
		return read_duration(word, row->least, row->most) != -1;
	if (row->number == NULL)
		return strpbrk(word, " \t\n") == NULL;
	(void)strtonum(word, row->least, row->most, &error);
	return error == NULL;
}

/* The row for a long name, which may be shortened or end at a "="; or NULL. */
static const struct option_row *
row_named(const struct option_table *table, const char *name)
{
	size_t len = strcspn(name, "=");
	bool only = len > 0 && count_names(table, name) == 1;

	for (size_t i = 0; i < table->count; i++) {
		const struct option_row *row = &table->rows[i];

		if (strncmp(row->name, name, len) == 0 &&
		    (only || row->name[len] == '\0'))
			return row;
	}
	return NULL;
}

/*
 * The same for an option that takes an argument. The argument is the rest of
 * this word or, if that is empty, the next word.
 */
static unsigned
count_argument(
    const struct option_row *row, const char *argument, const char *next)
{
	if (*argument != '\0')
		return suits(row, argument) ? 1 : 0;
	return next != NULL && suits(row, next) ? 2 : 1;
}

unsigned
option_count(
    const struct option_table *table, const char *word, const char *next)
{
	const struct option_row *row;
	const char *value;

	if (word[0] != '-' || word[1] == '\0')
		return 0;
	if (word[1] == '-') {
		row = row_named(table, word + 2);
		value = strchr(word, '=');
		if (row == NULL || (row->argument == NULL && value != NULL))
			return 0;
		if (row->argument == NULL || value != NULL)
			return value == NULL || suits(row, value + 1) ? 1 : 0;
		return count_argument(row, "", next);
	}
	while (*++word != '\0') {
		row = row_of(table, (unsigned char)*word);
		if (row == NULL)
			return 0;
		if (row->argument != NULL)
			return count_argument(row, word + 1, next);
	}
	return 1;
}

/* A text under construction, written word by word. */
struct draft {
	char *text;
	size_t len, column, indent;
};

/* Truncates what does not fit. */
static void
put(struct draft *draft, const char *string, size_t len)
{
	draft->column += len;
	if (len >= SIZE_OPTIONS - draft->len)
		len = SIZE_OPTIONS - 1 - draft->len;
	memcpy(draft->text + draft->len, string, len);
	draft->len += len;
	draft->text[draft->len] = '\0';
}

static void
put_string(struct draft *draft, const char *string)
{
	put(draft, string, strlen(string));
}

static void
end_line(struct draft *draft)
{
	put_string(draft, "\n");
	draft->column = 0;
}

static void
fill_up(struct draft *draft, size_t column)
{
	while (draft->column < column)
		put_string(draft, " ");
}

/* Puts a word after a blank, or on a new line if this line is full. */
static void
put_word(struct draft *draft, const char *word, size_t len)
{
	if (draft->column + 1 + len > LINE_WIDTH) {
		end_line(draft);
		fill_up(draft, draft->indent);
	} else if (draft->column > draft->indent)
		put_string(draft, " ");
	put(draft, word, len);
}

void
option_synopsis(const struct option_table *table, char text[SIZE_OPTIONS])
{
	struct draft draft = {.text = text};
	char word[SIZE_HEAD], flags[MOST_OPTIONS + 1] = "", *flag = flags;

	for (size_t i = 0; i < table->count; i++)
		if (table->rows[i].argument == NULL)
			*flag++ = table->rows[i].letter;
	put_string(&draft, "usage: ");
	put_string(&draft, table->program);
	put_string(&draft, " ");
	draft.indent = draft.column;
	(void)snprintf(word, sizeof(word), "[-%s]", flags);
	put_word(&draft, word, strlen(word));
	for (size_t i = 0; i < table->count; i++) {
		const struct option_row *row = &table->rows[i];

		if (row->argument == NULL)
			continue;
		(void)snprintf(
		    word, sizeof(word), "[-%c %s]", row->letter, row->argument);
		put_word(&draft, word, strlen(word));
	}
	for (size_t i = 0; table->operands[i] != NULL; i++)
		put_word(
		    &draft, table->operands[i], strlen(table->operands[i]));
}

/* "  -p --port=port" */
static size_t
spell_head(const struct option_row *row, char head[SIZE_HEAD])
{
	int len = snprintf(head, SIZE_HEAD, "  -%c --%s%s%s", row->letter,
	    row->name, row->argument != NULL ? "=" : "",
	    row->argument != NULL ? row->argument : "");

	return len < SIZE_HEAD ? (size_t)len : SIZE_HEAD - 1;
}

static void
put_sentence(struct draft *draft, const char *sentence)
{
	while (*sentence != '\0') {
		size_t len = strcspn(sentence, " ");

		put_word(draft, sentence, len);
		sentence += len + strspn(sentence + len, " ");
	}
}

static void
put_rows(struct draft *draft, const struct option_table *table)
{
	char head[SIZE_HEAD];

	draft->indent = draft->column = 0;
	for (size_t i = 0; i < table->count; i++) {
		size_t len = spell_head(&table->rows[i], head);

		if (draft->indent < len + 2)
			draft->indent = len + 2;
	}
	for (size_t i = 0; i < table->count; i++) {
		put(draft, head, spell_head(&table->rows[i], head));
		fill_up(draft, draft->indent);
		put_sentence(draft, table->rows[i].help);
		if (table->rows[i].repeats)
			put_sentence(draft, "(may be repeated)");
		end_line(draft);
	}
}

void
option_help(const struct option_table *table, char text[SIZE_OPTIONS])
{
	struct draft draft = {.text = text};

	option_synopsis(table, text);
	draft.len = strlen(text);
	put_string(&draft, "\n\n");
	put_string(&draft, table->about);
	put_string(&draft, "\n\n");
	put_rows(&draft, table);
	if (table->notes == NULL)
		return;
	put_string(&draft, "\n");
	put_string(&draft, table->notes);
	put_string(&draft, "\n");
}

void
option_version(const struct option_table *table, char text[SIZE_OPTIONS])
{
	(void)snprintf(text, SIZE_OPTIONS,
	    "%s %s, protocol chat1, sandbox: %s\n", table->program,
	    CHAT_VERSION, sandbox_name());
}
