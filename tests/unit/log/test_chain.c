/*
 * The chain through a log: it breaks where a line is changed, missing or
 * doubled.
 */
#include "common/base/error.h"
#include "common/log/chain.h"
#include "tests/unit/unit.h"

#define LINES 6 /* the head, five messages */
#define SIZE_LINE 1024

static struct suite suite;
static struct chain chain;

/* A short log. */
static struct {
	enum chain_line kind;
	struct record_position position;
	char line[SIZE_LINE];
	size_t len;
} lines[LINES];

static size_t
spell(const struct record_position *position, enum chain_line kind, char *out)
{
	static const uint8_t id[SIZE_ID];
	const struct record record = {.position = position,
	    .id = id,
	    .from = "bob",
	    .to = "alice",
	    .address = "::1",
	    .text = "hi",
	    .len = 2};

	static char line[SIZE_RECORD];
	size_t len = kind == CHAIN_FIRST_LINE
	    ? record_spell_first_line(position, line)
	    : record_spell(&record, line);

	ck_assert_uint_le(len, SIZE_LINE);
	memcpy(out, line, len);
	return len;
}

/* Adds line i unchanged. */
static int
add(size_t i)
{
	return chain_add(&chain, &suite, lines[i].kind, &lines[i].position,
	    lines[i].line, lines[i].len);
}

static void
setup(void)
{
	ck_assert_int_eq(suite_open(&suite), 0);
	chain = (struct chain){.seq = 0};
	for (size_t i = 0; i < LINES; i++) {
		lines[i].kind = i == 0 ? CHAIN_FIRST_LINE : CHAIN_RECORD;
		chain_next(&chain, lines[i].kind, &lines[i].position);
		lines[i].len =
		    spell(&lines[i].position, lines[i].kind, lines[i].line);
		ck_assert_int_eq(add(i), 0);
	}
}

static void
teardown(void)
{
	suite_close(&suite);
}

START_TEST(each_line_has_the_hash_of_the_one_before)
{
	uint8_t none[SIZE_HASH] = {0}, hash[SIZE_HASH];
	struct span span;

	ck_assert_mem_eq(lines[0].position.prev, none, SIZE_HASH);
	for (size_t i = 0; i < LINES; i++) {
		ck_assert_uint_eq(lines[i].position.seq, i);
		span = (struct span){lines[i].line, lines[i].len};
		ck_assert_int_eq(suite_sha256(&suite, &span, 1, hash), 0);
		ck_assert_mem_eq(
		    i + 1 < LINES ? lines[i + 1].position.prev : chain.head,
		    hash, SIZE_HASH);
	}
	ck_assert_uint_eq(chain.seq, LINES - 1);
}
END_TEST

/* A second file continues the first: its head does not count as a message. */
START_TEST(the_head_of_the_next_file_goes_on)
{
	struct record_position position;
	char line[SIZE_LINE];
	size_t len;

	chain_next(&chain, CHAIN_FIRST_LINE, &position);
	ck_assert_uint_eq(position.seq, LINES - 1);
	ck_assert_mem_eq(position.prev, chain.head, SIZE_HASH);
	len = spell(&position, CHAIN_FIRST_LINE, line);
	ck_assert_int_eq(
	    chain_add(&chain, &suite, CHAIN_FIRST_LINE, &position, line, len),
	    0);
	ck_assert_uint_eq(chain.seq, LINES - 1);
	chain_next(&chain, CHAIN_RECORD, &position);
	ck_assert_uint_eq(position.seq, LINES);
	ck_assert_int_eq(
	    chain_add(&chain, &suite, CHAIN_FIRST_LINE, &position, line, len),
	    CHAT_EMALFORMED);
}
END_TEST

START_TEST(a_changed_line_breaks_it_at_the_next)
{
	chain = (struct chain){.seq = 0};
	lines[2].line[lines[2].len - 5] ^= 1;
	for (size_t i = 0; i < 3; i++)
		ck_assert_int_eq(add(i), 0);
	ck_assert_int_eq(add(3), CHAT_EMALFORMED);
}
END_TEST

START_TEST(a_line_left_out_doubled_or_out_of_order_breaks_it)
{
	struct chain before;

	for (size_t at = 0; at < LINES; at++)
		for (size_t next = 0; next < LINES; next++) {
			chain = (struct chain){.seq = 0};
			for (size_t i = 0; i < at; i++)
				ck_assert_int_eq(add(i), 0);
			before = chain;
			if (add(next) != (next == at ? 0 : CHAT_EMALFORMED))
				ck_abort_msg("%zu behind %zu", next, at);
			if (next != at)
				ck_assert_mem_eq(
				    &chain, &before, sizeof(chain));
		}
}
END_TEST

/* A chain that starts in the middle trusts its first line. */
START_TEST(it_can_start_at_any_line)
{
	struct chain whole = chain;

	for (size_t at = 0; at < LINES; at++) {
		chain_before(&chain, lines[at].kind, &lines[at].position);
		for (size_t i = at; i < LINES; i++)
			ck_assert_int_eq(add(i), 0);
		ck_assert_uint_eq(chain.seq, whole.seq);
		ck_assert_mem_eq(chain.head, whole.head, SIZE_HASH);
	}
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = {
	    each_line_has_the_hash_of_the_one_before,
	    the_head_of_the_next_file_goes_on,
	    a_changed_line_breaks_it_at_the_next,
	    a_line_left_out_doubled_or_out_of_order_breaks_it,
	    it_can_start_at_any_line,
	};

	return unit_run(
	    &(struct unit){"log chain", tests, COUNT(tests), setup, teardown});
}
