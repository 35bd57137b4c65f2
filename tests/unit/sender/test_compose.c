/* The message: from words or from standard input. */
#include "sender/compose.h"

#include <fcntl.h>
#include <unistd.h>

#include "tests/unit/unit.h"

static struct options options;
static struct failure failure;
static struct text text;

/* Standard input contains these bytes and then ends. */
static void
give(const char *bytes, size_t len)
{
	FILE *file = tmpfile();

	ck_assert_ptr_nonnull(file);
	ck_assert_uint_eq(fwrite(bytes, 1, len, file), len);
	rewind(file);
	ck_assert_int_eq(dup2(fileno(file), STDIN_FILENO), STDIN_FILENO);
	ck_assert_int_eq(fclose(file), 0);
}

static void
setup(void)
{
	static char *none[] = {NULL};

	memset(&options, 0, sizeof(options));
	options.words = none;
	give("", 0);
}

static enum send_exit
compose_words(char *const words[])
{
	options.words = (char **)words;
	return compose_text(&options, &text, &failure);
}

static void
expect_text(const char *expected)
{
	ck_assert_uint_eq(text.len, strlen(expected));
	ck_assert_mem_eq(text.bytes, expected, text.len);
}

static void
expect_failure(enum send_exit status, const char *words)
{
	ck_assert_int_eq(failure.status, status);
	ck_assert_msg(
	    strstr(failure.words, words) != NULL, "%s", failure.words);
}

START_TEST(words_are_joined_and_wiped)
{
	char one[] = "lunch", two[] = "at", three[] = "one?";
	char *words[] = {one, two, three, NULL};

	ck_assert_int_eq(compose_words(words), SEND_OK);
	expect_text("lunch at one?");
	ck_assert_mem_eq(one, "\0\0\0\0\0", 6);
	ck_assert_mem_eq(three, "\0\0\0\0", 5);
}
END_TEST

START_TEST(input_loses_one_newline)
{
	give("two\n\n", 5);
	ck_assert_int_eq(compose_text(&options, &text, &failure), SEND_OK);
	expect_text("two\n");
}
END_TEST

START_TEST(a_dash_alone_is_the_input)
{
	char dash[] = "-";
	char *words[] = {dash, NULL};

	give("given", 5);
	ck_assert_int_eq(compose_words(words), SEND_OK);
	expect_text("given");
	setup();
	options.literal = true;
	ck_assert_int_eq(compose_words(words), SEND_OK);
	expect_text("-");
}
END_TEST

START_TEST(words_and_data_are_an_error)
{
	char word[] = "hi";
	char *words[] = {word, NULL};

	give("data", 4);
	ck_assert_int_eq(compose_words(words), SEND_USAGE);
	expect_failure(SEND_USAGE, "data waits on standard input");
	ck_assert_str_eq(word, "hi");
}
END_TEST

START_TEST(what_is_not_text_is_refused)
{
	static const struct {
		const char *bytes;
		size_t len;
		const char *words;
	} bad[] = {{"", 0, "the message is empty"},
	    {"\n", 1, "the message is empty"},
	    {"a\xff", 2, "not UTF-8 (byte 2)"},
	    {"ab\0", 3, "a NUL character (byte 3)"},
	    {"\xed\xa0\x80", 3, "not UTF-8 (byte 1)"}};

	for (size_t i = 0; i < COUNT(bad); i++) {
		give(bad[i].bytes, bad[i].len);
		ck_assert_int_eq(
		    compose_text(&options, &text, &failure), SEND_MESSAGE);
		expect_failure(SEND_MESSAGE, bad[i].words);
	}
}
END_TEST

START_TEST(the_longest_message_fits)
{
	char *longest = calloc(1, LIMIT_TEXT + 2);
	char *words[] = {longest, NULL};

	memset(longest, 'x', LIMIT_TEXT);
	give(longest, LIMIT_TEXT);
	ck_assert_int_eq(compose_text(&options, &text, &failure), SEND_OK);
	ck_assert_uint_eq(text.len, LIMIT_TEXT);
	longest[LIMIT_TEXT] = 'x';
	give(longest, LIMIT_TEXT + 1);
	ck_assert_int_eq(compose_text(&options, &text, &failure), SEND_MESSAGE);
	expect_failure(SEND_MESSAGE, "longer than 65536 bytes");
	setup();
	ck_assert_int_eq(compose_words(words), SEND_MESSAGE);
	expect_failure(SEND_MESSAGE, "longer than 65536 bytes");
	free(longest);
}
END_TEST

START_TEST(a_closed_input_is_told)
{
	ck_assert_int_eq(close(STDIN_FILENO), 0);
	ck_assert_int_eq(compose_text(&options, &text, &failure), SEND_INPUT);
	expect_failure(SEND_INPUT, "standard input is closed");
}
END_TEST

START_TEST(an_input_that_cannot_be_read_is_told)
{
	int folder = open("/", O_RDONLY | O_DIRECTORY);

	ck_assert_int_eq(dup2(folder, STDIN_FILENO), STDIN_FILENO);
	ck_assert_int_eq(compose_text(&options, &text, &failure), SEND_INPUT);
	expect_failure(SEND_INPUT, "standard input: Is a directory");
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = {
	    words_are_joined_and_wiped,
	    input_loses_one_newline,
	    a_dash_alone_is_the_input,
	    words_and_data_are_an_error,
	    what_is_not_text_is_refused,
	    the_longest_message_fits,
	    a_closed_input_is_told,
	    an_input_that_cannot_be_read_is_told,
	};

	return unit_run(
	    &(struct unit){"sender compose", tests, COUNT(tests), setup, NULL});
}
