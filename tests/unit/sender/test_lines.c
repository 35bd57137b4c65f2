/* The messages of -l, and the stream of each recipient. */
#include "sender/lines.h"

#include <fcntl.h>
#include <unistd.h>

#include "common/base/batch.h"
#include "common/base/limits.h"
#include "tests/unit/unit.h"

#define STREAMS 2
#define LONG 60000 /* bytes of a line, of which TOO_MANY never fit */
#define TOO_MANY 100
#define BAD "\xef\xbf\xbd" /* U+FFFD */

static struct delivery deliveries[STREAMS];
static struct text text;
static int input[2]; /* standard input is its other end */

/* Two streams of a pipe on standard input. */
static void
setup(void)
{
	static struct failure failure;

	ck_assert_int_eq(pipe(input), 0);
	ck_assert_int_eq(dup2(input[0], STDIN_FILENO), STDIN_FILENO);
	ck_assert_int_eq(close(input[0]), 0);
	ck_assert_int_ge(fcntl(input[1], F_SETPIPE_SZ, 2 * LONG), 2 * LONG);
	ck_assert_int_eq(lines_open(STREAMS, false, &failure), SEND_OK);
	strcpy(deliveries[0].destination.to, "alice");
	strcpy(deliveries[1].destination.to, "carol");
}

static void
give(const char *bytes, size_t len)
{
	ck_assert_int_eq(write(input[1], bytes, len), (ssize_t)len);
	lines_read();
}

static void
give_string(const char *string)
{
	give(string, strlen(string));
}

static void
end_input(void)
{
	ck_assert_int_eq(close(input[1]), 0);
	lines_read();
}

/* Takes the next message of a stream, which must be this. */
static void
expect(size_t stream, const char *message, unsigned long line)
{
	ck_assert_int_eq(
	    lines_next(stream, &deliveries[stream]), LINES_MESSAGE);
	ck_assert_uint_eq(deliveries[stream].line, line);
	lines_load(stream, &text);
	ck_assert_uint_eq(text.len, strlen(message));
	ck_assert_mem_eq(text.bytes, message, text.len);
}

static void
expect_state(size_t stream, enum lines_state state)
{
	ck_assert_int_eq(lines_next(stream, &deliveries[stream]), state);
}

/* Gives long lines until the buffer takes no more. Returns how many. */
static unsigned
fill(void)
{
	static char line[LONG];
	unsigned count = 0;

	memset(line, 'x', LONG - 1);
	line[LONG - 1] = '\n';
	while (lines_fd() != -1 && count < TOO_MANY) {
		give(line, LONG);
		count++;
	}
	return count;
}

START_TEST(lines_that_come_one_by_one_are_messages)
{
	give_string("one\n\n");
	expect(0, "one", 1);
	ck_assert(!text.batch);
	give_string("two\n");
	expect(0, "two", 3);
	ck_assert(!text.batch);
	ck_assert_uint_eq(deliveries[0].last, 3);
}
END_TEST

START_TEST(lines_that_wait_are_one_message_of_each_stream)
{
	give_string("one\n\ntwo\n");
	expect(1, "one\ntwo", 1);
	give_string("three");
	end_input();
	expect(1, "three", 4);
	ck_assert(!text.batch);
	for (size_t i = 0; i < STREAMS; i++) {
		if (i == 0)
			expect(0, "one\ntwo\nthree", 1);
		ck_assert_uint_eq(deliveries[i].last, 4);
		ck_assert_uint_eq(deliveries[i].lines, i == 0 ? 3 : 1);
		expect_state(i, LINES_END);
	}
	ck_assert_int_eq(lines_summary(deliveries), SEND_OK);
}
END_TEST

START_TEST(all_recipients_have_the_same_id_and_each_line_another)
{
	uint8_t first[SIZE_ID];

	give_string("one\n");
	expect(0, "one", 1);
	give_string("two\n");
	expect(1, "one\ntwo", 1);
	ck_assert_mem_eq(deliveries[0].drawn, deliveries[1].drawn, SIZE_ID);
	memcpy(first, deliveries[0].drawn, SIZE_ID);
	expect(0, "two", 2);
	ck_assert_mem_ne(deliveries[0].drawn, first, SIZE_ID);
}
END_TEST

/* Gives n lines of len bytes each. */
static void
give_lines(size_t n, size_t len)
{
	static char line[LIMIT_TEXT + 1];

	memset(line, 'x', len);
	line[len] = '\n';
	while (n-- > 0)
		give(line, len + 1);
}

START_TEST(p11_a_message_takes_what_fits)
{
	give_lines(2, LIMIT_TEXT / 2);
	give_lines(1, LIMIT_TEXT / 2 - 1);
	expect_state(0, LINES_MESSAGE);
	ck_assert_uint_eq(deliveries[0].lines, 1);
	expect_state(0, LINES_MESSAGE);
	lines_load(0, &text);
	ck_assert_uint_eq(text.len, LIMIT_TEXT);
	ck_assert_uint_eq(batch_count(text.bytes, text.len), 2);
	give_lines(LIMIT_LINES + 1, 1);
	expect_state(0, LINES_MESSAGE);
	lines_load(0, &text);
	ck_assert_uint_eq(batch_count(text.bytes, text.len), LIMIT_LINES);
	expect(0, "x", 4 + LIMIT_LINES);
}
END_TEST

START_TEST(half_a_line_waits_for_the_rest)
{
	give_string("on");
	expect_state(0, LINES_WAIT);
	give_string("e\ntw");
	expect(0, "one", 1);
	expect_state(0, LINES_WAIT);
	end_input();
	expect(0, "tw", 2);
	expect_state(0, LINES_END);
}
END_TEST

START_TEST(half_a_character_waits_unless_it_is_wrong)
{
	give_string("\xe2\x82");
	give_string("\xac\n\xe2\n");
	expect(0, "\xe2\x82\xac\n" BAD, 1);
	ck_assert_int_eq(lines_summary(deliveries), SEND_CHANGED);
}
END_TEST

START_TEST(a_long_line_is_divided_between_characters)
{
	static char line[LIMIT_TEXT + 4];

	memset(line, 'x', sizeof(line));
	strcpy(line + LIMIT_TEXT - 1, "\xc3\xa4y\n");
	give(line, LIMIT_TEXT - 1);
	give(line + LIMIT_TEXT - 1, 4);
	ck_assert_int_eq(lines_next(0, &deliveries[0]), LINES_MESSAGE);
	lines_load(0, &text);
	ck_assert_uint_eq(text.len, LIMIT_TEXT - 1);
	expect(0, "\xc3\xa4y", 1);
	ck_assert_int_eq(lines_summary(deliveries), SEND_CHANGED);
}
END_TEST

/* Nothing is read that has no room, and nobody loses a line by that. */
START_TEST(a_slow_recipient_holds_the_input_back)
{
	unsigned count = fill();

	ck_assert_uint_lt(count, TOO_MANY);
	expect_state(0, LINES_MESSAGE);
	expect_state(0, LINES_MESSAGE);
	ck_assert_int_eq(lines_fd(), -1); /* carol has taken none */
	while (lines_next(0, &deliveries[0]) == LINES_MESSAGE)
		;
	expect_state(1, LINES_MESSAGE);
	expect_state(0, LINES_MESSAGE); /* the line that had no room */
	ck_assert_int_eq(lines_fd(), STDIN_FILENO);
	ck_assert_uint_eq(lines_left_out(0) + lines_left_out(1), 0);
}
END_TEST

START_TEST(who_cannot_be_reached_loses_the_oldest_lines)
{
	unsigned count;

	lines_failing(1, true);
	count = fill();
	ck_assert_uint_lt(count, TOO_MANY);
	while (lines_next(0, &deliveries[0]) == LINES_MESSAGE)
		;
	ck_assert_uint_eq(deliveries[0].line, count);
	ck_assert_uint_eq(lines_left_out(0), 0);
	ck_assert_uint_eq(lines_left_out(1), 1);
	expect_state(1, LINES_MESSAGE);
	ck_assert_uint_eq(deliveries[1].line, 2);
}
END_TEST

START_TEST(a_stream_that_was_stopped_misses_what_is_left)
{
	give_string("one\n");
	expect(1, "one", 1);
	give_string("two\nthree\n");
	lines_stop(1);
	ck_assert_uint_eq(lines_left_out(1), 2);
	give_string("four\n");
	ck_assert_uint_eq(lines_left_out(1), 3);
	expect(0, "one\ntwo\nthree\nfour", 1);
	ck_assert_uint_eq(lines_left_out(0), 0);
}
END_TEST

START_TEST(input_that_cannot_be_read_is_told)
{
	int folder = open("/", O_RDONLY | O_DIRECTORY);

	ck_assert_int_eq(dup2(folder, STDIN_FILENO), STDIN_FILENO);
	lines_read();
	expect_state(0, LINES_END);
	ck_assert_int_eq(lines_summary(deliveries), SEND_INPUT);
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = {
	    lines_that_come_one_by_one_are_messages,
	    lines_that_wait_are_one_message_of_each_stream,
	    p11_a_message_takes_what_fits,
	    all_recipients_have_the_same_id_and_each_line_another,
	    half_a_line_waits_for_the_rest,
	    half_a_character_waits_unless_it_is_wrong,
	    a_long_line_is_divided_between_characters,
	    a_slow_recipient_holds_the_input_back,
	    who_cannot_be_reached_loses_the_oldest_lines,
	    a_stream_that_was_stopped_misses_what_is_left,
	    input_that_cannot_be_read_is_told,
	};

	return unit_run(
	    &(struct unit){"sender lines", tests, COUNT(tests), setup, NULL});
}
