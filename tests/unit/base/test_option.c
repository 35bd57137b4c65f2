/* Options: how they are read, and the messages about them. */
#include "common/base/error.h"
#include "common/base/option.h"
#include "tests/unit/unit.h"

static bool quiet;
static int family;
static unsigned port, taken;
static char *directory, *last;

static void
take(char *word)
{
	last = word;
	taken++;
}

static const struct option_row rows[] = {
    {'4', "ipv4", NULL, "IPv4 only", .choice = &family, .chosen = 4},
    {'d', "directory", "file", "the directory", .word = &directory},
    {'E', "exempt", "network", "trust it", .take = take, .repeats = true},
    {'p', "port", "port", "the port", .number = &port, .least = 1,
	.most = 65535},
    {'q', "quiet", NULL, "no warnings", .flag = &quiet},
    {'r', "quick", NULL, "no time", .flag = &quiet},
    {'V', "version", NULL, "the version", .show = option_version},
};
static const struct option_table table = {"tool", rows, COUNT(rows),
    {"user[,user...]", "[message ...]", NULL}, .about = "A tool.",
    .notes = "The end."};

#define SYNOPSIS                                                \
	"usage: tool [-4qrV] [-d file] [-E network] [-p port] " \
	"user[,user...]\n"                                      \
	"            [message ...]"

static struct option_result result;

/* Reads a command line of up to 5 words. */
static int
read_words(const char *a, const char *b, const char *c, const char *d)
{
	static char words[5][64];
	static char *argv[6];
	const char *given[] = {"tool", a, b, c, d};
	int argc = 0;

	quiet = false;
	family = 0;
	port = taken = 0;
	directory = last = NULL;
	result.text[0] = '\0';
	for (; argc < 5 && given[argc] != NULL; argc++) {
		(void)snprintf(
		    words[argc], sizeof(words[argc]), "%s", given[argc]);
		argv[argc] = words[argc];
	}
	argv[argc] = NULL;
	return option_read(&table, argc, argv, &result);
}

static void
setup(void)
{
	(void)unsetenv("POSIXLY_CORRECT");
}

START_TEST(times_have_units)
{
	static const struct {
		const char *text;
		unsigned seconds; /* 0: refused */
	} times[] = {{"1", 1}, {"90", 90}, {"90s", 90}, {"15m", 900},
	    {"12h", 43200}, {"3d", 259200}, {"007", 7}, {"0", 0}, {"", 0},
	    {"m", 0}, {"3x", 0}, {"3 d", 0}, {"-3", 0}, {"1.5h", 0}, {"4d", 0},
	    {"345600", 0}, {"18446744073709551617", 0}, {"213503982334601d", 0},
	    {"3dd", 0}};
	char problem[SIZE_PROBLEM];
	unsigned seconds;

	for (size_t i = 0; i < COUNT(times); i++) {
		seconds = 0;
		ck_assert_int_eq(option_duration("-s", times[i].text, 1, 259200,
				     &seconds, problem),
		    times[i].seconds != 0 ? CHAT_OK : CHAT_EBOUNDS);
		ck_assert_uint_eq(seconds, times[i].seconds);
	}
}
END_TEST

START_TEST(letters_and_long_names_are_read)
{
	ck_assert_int_eq(read_words("-qp5", "-d", "x", "-4"), 0);
	ck_assert(quiet && port == 5 && family == 4);
	ck_assert_str_eq(directory, "x");
	ck_assert_int_eq(result.rest, 5);
	ck_assert_int_eq(
	    read_words("--quiet", "--port=65535", "--directory", "--quiet"), 0);
	ck_assert(quiet && port == 65535);
	ck_assert_str_eq(directory, "--quiet");
}
END_TEST

START_TEST(what_repeats_is_taken_each_time)
{
	ck_assert_int_eq(read_words("-Ea", "--exempt=b", "-E", "c"), 0);
	ck_assert_uint_eq(taken, 3);
	ck_assert_str_eq(last, "c");
}
END_TEST

START_TEST(the_first_operand_ends_options)
{
	ck_assert_int_eq(read_words("-q", "alice", "-p", "5"), 0);
	ck_assert(result.rest == 2 && port == 0 && !result.dashes);
	ck_assert_int_eq(read_words("-q", "-", "-p", "5"), 0);
	ck_assert(result.rest == 2 && port == 0 && !result.dashes);
	ck_assert_int_eq(read_words("-q", "--", "-p", "5"), 0);
	ck_assert(result.rest == 3 && port == 0 && result.dashes);
	ck_assert_int_eq(read_words("-d", "--", "alice", NULL), 0);
	ck_assert(result.rest == 3 && !result.dashes);
}
END_TEST

/* Each with its message. */
static const struct {
	const char *words[2];
	int error;
	const char *says;
} wrong[] = {
    {{"-Z"}, CHAT_EOPTION, "unknown option '-Z'"},
    {{"-qZ"}, CHAT_EOPTION, "unknown option '-Z'"},
    {{"-\x9b"}, CHAT_EOPTION, "unknown option '-\\x9b'"},
    {{"--color"}, CHAT_EOPTION, "unknown option '--color'"},
    {{"--color=\x1b"}, CHAT_EOPTION, "unknown option '--color=\\x1b'"},
    {{"--qui"}, CHAT_EOPTION, "--qui is ambiguous; write the whole name"},
    {{"--quiet=yes"}, CHAT_EOPTION, "--quiet=yes takes no argument"},
    {{"-d"}, CHAT_EOPTION, "-d needs an argument"},
    {{"-qd"}, CHAT_EOPTION, "-d needs an argument"},
    {{"--dir"}, CHAT_EOPTION, "--dir needs an argument"},
    {{"-p", "0"}, CHAT_EBOUNDS,
	"-p 0: too small; give a number from 1 to 65535"},
    {{"--port=65536"}, CHAT_EBOUNDS,
	"-p 65536: too large; give a number from 1 to 65535"},
    {{"-p\x1b"}, CHAT_EBOUNDS,
	"-p \\x1b: invalid; give a number from 1 to 65535"},
    {{"-p", ""}, CHAT_EMALFORMED,
	"the argument of -p is empty; is a variable not set?"},
    {{"--directory="}, CHAT_EMALFORMED,
	"the argument of -d is empty; is a variable not set?"},
    {{"-E", ""}, CHAT_EMALFORMED,
	"the argument of -E is empty; is a variable not set?"},
};

START_TEST(what_is_wrong_is_named)
{
	int error =
	    read_words(wrong[_i].words[0], wrong[_i].words[1], NULL, NULL);

	char says[SIZE_OPTIONS];

	(void)snprintf(says, sizeof(says), "%s%s", wrong[_i].says,
	    wrong[_i].error == CHAT_EOPTION ? "\n" SYNOPSIS : "");
	ck_assert_str_eq(result.text, says);
	ck_assert_int_eq(error, wrong[_i].error);
}
END_TEST

/* Each with the next word, and how many of the two are options. */
static const struct {
	const char *word, *next;
	unsigned count;
} counted[] = {
    {"", NULL, 0},
    {"-", NULL, 0},
    {"--", NULL, 0},
    {"---", NULL, 0},
    {"--=", NULL, 0},
    {"q", NULL, 0},
    {"-q", NULL, 1},
    {"-q", "5", 1},
    {"-qr4", NULL, 1},
    {"-qZ", NULL, 0},
    {"-q is", NULL, 0},
    {"-q\x9b", NULL, 0},
    {"-p", NULL, 1},
    {"-p", "5", 2},
    {"-qp", "5", 2},
    {"-p", "0", 1},
    {"-p", "five", 1},
    {"-p5", "5", 1},
    {"-p0", NULL, 0},
    {"-p5 of 6", NULL, 0},
    {"-dx", NULL, 1},
    {"-dx y", NULL, 0},
    {"-d", "x y", 1},
    {"--quiet", "5", 1},
    {"--quie", NULL, 1},
    {"--qui", NULL, 0},
    {"--quiet=yes", NULL, 0},
    {"--quiet it is", NULL, 0},
    {"--port", "5", 2},
    {"--po", "5", 2},
    {"--port=5", "5", 1},
    {"--port=", "5", 0},
    {"--port=0", NULL, 0},
    {"--directory=a b", NULL, 0},
};

START_TEST(words_that_are_options_are_counted)
{
	ck_assert_uint_eq(
	    option_count(&table, counted[_i].word, counted[_i].next),
	    counted[_i].count);
}
END_TEST

START_TEST(a_name_may_be_shortened)
{
	ck_assert_int_eq(read_words("--po=7", "--quie", NULL, NULL), 0);
	ck_assert(port == 7 && quiet);
}
END_TEST

START_TEST(synopsis_and_help_have_all_of_the_table)
{
	char text[SIZE_OPTIONS];

	option_synopsis(&table, text);
	ck_assert_str_eq(text, SYNOPSIS);
	option_help(&table, text);
	ck_assert_str_eq(text,
	    SYNOPSIS "\n\nA tool.\n\n"
		     "  -4 --ipv4            IPv4 only\n"
		     "  -d --directory=file  the directory\n"
		     "  -E --exempt=network  trust it (may be repeated)\n"
		     "  -p --port=port       the port\n"
		     "  -q --quiet           no warnings\n"
		     "  -r --quick           no time\n"
		     "  -V --version         the version\n"
		     "\nThe end.\n");
}
END_TEST

/* What follows is not read any more. */
START_TEST(what_an_option_shows_ends_the_options)
{
	ck_assert_int_eq(read_words("-qV", "-Z", NULL, NULL), 0);
	ck_assert(result.shown == 'V' && quiet);
	ck_assert_int_eq(
	    strncmp(result.text, "tool " CHAT_VERSION ", protocol chat1", 20),
	    0);
	ck_assert_int_eq(read_words("-q", "--", NULL, NULL), 0);
	ck_assert_int_eq(result.shown, '\0');
}
END_TEST

/* A row without a receiver, or with two, is noticed at the first call. */
START_TEST(each_row_has_one_receiver)
{
	static const struct option_row none = {.letter = 'n', .name = "none"};
	static const struct option_row two = {
	    't', "two", NULL, "both", .flag = &quiet, .take = take};
	char *argv[] = {(char[]){"tool"}, NULL};
	struct option_table one = {"tool", &none, 1, {NULL}, .about = ""};

	ck_assert_int_eq(option_read(&one, 1, argv, &result), CHAT_EINTERNAL);
	one.rows = &two;
	ck_assert_int_eq(option_read(&one, 1, argv, &result), CHAT_EINTERNAL);
	ck_assert_str_eq(
	    result.text, "bug: -t does not have exactly one receiver");
}
END_TEST

/* A large table's text stays within its buffer and its line length. */
START_TEST(p11_a_large_table_is_cut)
{
	static struct option_row many[MOST_OPTIONS];
	static char sentence[1000];
	const struct option_table large = {
	    "tool", many, COUNT(many), {NULL}, .about = ""};
	char *text = malloc(SIZE_OPTIONS), *line;

	memset(sentence, 'x', sizeof(sentence) - 1);
	for (size_t i = 0; i < sizeof(sentence) - 1; i += 10)
		sentence[i] = ' ';
	for (size_t i = 0; i < COUNT(many); i++)
		many[i] = (struct option_row){.letter = (char)('A' + i),
		    .name = "name",
		    .argument = "argument",
		    .help = sentence + 1};
	option_synopsis(&large, text);
	ck_assert_uint_lt(strlen(text), SIZE_OPTIONS);
	option_help(&large, text);
	ck_assert_uint_eq(strlen(text), SIZE_OPTIONS - 1);
	for (char *next = text; (line = strsep(&next, "\n")) != NULL;)
		ck_assert_uint_lt(strlen(line), 80);
	free(text);
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = {
	    letters_and_long_names_are_read,
	    times_have_units,
	    what_repeats_is_taken_each_time,
	    the_first_operand_ends_options,
	    a_name_may_be_shortened,
	    synopsis_and_help_have_all_of_the_table,
	    what_an_option_shows_ends_the_options,
	    each_row_has_one_receiver,
	    p11_a_large_table_is_cut,
	};
	const struct unit unit = {"option", tests, COUNT(tests), setup, NULL};
	Suite *suite = suite_create("option");
	TCase *tc = unit_case(&unit);

	tcase_add_loop_test(tc, what_is_wrong_is_named, 0, COUNT(wrong));
	tcase_add_loop_test(
	    tc, words_that_are_options_are_counted, 0, COUNT(counted));
	suite_add_tcase(suite, tc);
	return unit_run_suite(suite);
}
