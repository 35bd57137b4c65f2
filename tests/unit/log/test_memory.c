/* The ids of the last messages: none is forgotten too early or too late. */
#include "common/base/error.h"
#include "common/log/memory.h"
#include "tests/unit/unit.h"

#define TWINS 12 /* ids in the same chain of the hash table */

static struct suite suite;
static struct memory *memory;

static void
setup(void)
{
	ck_assert_int_eq(suite_open(&suite), 0);
	memory = memory_open();
	ck_assert_ptr_nonnull(memory);
}

static void
teardown(void)
{
	free(memory);
	suite_close(&suite);
}

/*
 * Returns the mark of a message: a sender, and numbers for its id and its text.
 */
static struct mark
mark_of(const char *from, bool listed, uint64_t number, uint64_t text)
{
	uint8_t id[SIZE_ID] = {0}, digest[SIZE_HASH] = {0};
	struct mark mark;

	memcpy(id, &number, sizeof(number));
	memcpy(digest + SIZE_HASH - sizeof(text), &text, sizeof(text));
	if (memory_mark(memory, &suite, from, listed, id, digest, &mark) != 0)
		ck_abort_msg("memory_mark() failed");
	return mark;
}

static enum recall
recall(const char *from, bool listed, uint64_t number, uint64_t text)
{
	struct mark mark = mark_of(from, listed, number, text);

	return memory_recall(memory, &mark, NULL);
}

static bool
knows(const char *from, uint64_t number)
{
	enum recall known = recall(from, true, number, 0);

	if (known == RECALL_OTHER)
		ck_abort_msg("another text");
	return known == RECALL_SAME;
}

static void
add(const char *from, uint64_t number)
{
	struct mark mark = mark_of(from, true, number, 0);

	memory_add(memory, &mark, NULL);
}

static void
add_range(uint64_t from, uint64_t to)
{
	for (; from < to; from++)
		add("bob", from);
}

/* Expects that exactly the messages from first to before end are known. */
static void
expect_range(uint64_t first, uint64_t end)
{
	for (uint64_t i = 0; i < end + 100; i++)
		if (knows("bob", i) != (i >= first && i < end))
			ck_abort_msg("of %lu to %lu, %lu is %s",
			    (unsigned long)first, (unsigned long)end,
			    (unsigned long)i,
			    i >= first ? "forgotten" : "kept");
}

START_TEST(it_knows_nothing_at_first)
{
	expect_range(0, 0);
}
END_TEST

START_TEST(it_knows_all_until_it_is_full)
{
	add_range(0, MEMORY_MESSAGES);
	expect_range(0, MEMORY_MESSAGES);
}
END_TEST

START_TEST(when_full_it_forgets_the_oldest_and_no_other)
{
	add_range(0, MEMORY_MESSAGES);
	for (uint64_t i = 0; i < 1000; i++) {
		ck_assert(knows("bob", i));
		ck_assert(!knows("bob", MEMORY_MESSAGES + i));
		add("bob", MEMORY_MESSAGES + i);
		ck_assert(!knows("bob", i));
		ck_assert(knows("bob", i + 1));
	}
	expect_range(1000, MEMORY_MESSAGES + 1000);
}
END_TEST

START_TEST(it_goes_round_more_than_once)
{
	const uint64_t end = 2 * MEMORY_MESSAGES + 12345;

	add_range(0, end);
	expect_range(end - MEMORY_MESSAGES, end);
}
END_TEST

/* A message is forgotten after exactly 65,536 others. */
START_TEST(it_reaches_as_far_back_as_it_says)
{
	add("bob", 1 << 30);
	add_range(0, 65535);
	ck_assert(knows("bob", 1 << 30));
	add("bob", 65535);
	ck_assert(!knows("bob", 1 << 30));
}
END_TEST

START_TEST(the_same_id_of_another_sender_is_another)
{
	add("bob", 1);
	ck_assert(knows("bob", 1));
	ck_assert(!knows("bo", 1));
	ck_assert(!knows("bobb", 1));
	ck_assert(!knows("Bob", 1));
	ck_assert(!knows("", 1));
	add("dave", 1);
	add_range(2, 1 + MEMORY_MESSAGES);
	ck_assert(!knows("bob", 1));
	ck_assert(knows("dave", 1));
}
END_TEST

START_TEST(every_byte_of_an_id_and_of_a_text_counts)
{
	uint8_t id[SIZE_ID] = {0}, digest[SIZE_HASH] = {0};
	struct mark mark;

	memory_mark(memory, &suite, "bob", true, id, digest, &mark);
	memory_add(memory, &mark, NULL);
	for (size_t i = 0; i < 8 * SIZE_ID; i++) {
		id[i / 8] ^= (uint8_t)(1 << i % 8);
		memory_mark(memory, &suite, "bob", true, id, digest, &mark);
		ck_assert_int_eq(
		    memory_recall(memory, &mark, NULL), RECALL_NOTHING);
		id[i / 8] ^= (uint8_t)(1 << i % 8);
	}
	for (size_t i = 0; i < 8 * SIZE_HASH; i++) {
		digest[i / 8] ^= (uint8_t)(1 << i % 8);
		memory_mark(memory, &suite, "bob", true, id, digest, &mark);
		ck_assert_int_eq(
		    memory_recall(memory, &mark, NULL), RECALL_OTHER);
		digest[i / 8] ^= (uint8_t)(1 << i % 8);
	}
	memory_mark(memory, &suite, "bob", true, id, digest, &mark);
	ck_assert_int_eq(memory_recall(memory, &mark, NULL), RECALL_SAME);
}
END_TEST

START_TEST(p27_an_id_stands_for_one_text_until_it_is_forgotten)
{
	struct mark mark = mark_of("bob", true, 1 << 30, 7);

	memory_add(memory, &mark, NULL);
	add_range(0, 65535);
	ck_assert_int_eq(recall("bob", true, 1 << 30, 7), RECALL_SAME);
	ck_assert_int_eq(recall("bob", true, 1 << 30, 8), RECALL_OTHER);
	add("bob", 65535);
	ck_assert_int_eq(recall("bob", true, 1 << 30, 7), RECALL_NOTHING);
	ck_assert_int_eq(recall("bob", true, 1 << 30, 8), RECALL_NOTHING);
}
END_TEST

/*
 * An unlisted sender can take any unlisted name, but none of a listed sender.
 */
START_TEST(p27_unlisted_senders_use_up_no_id_of_a_listed_one)
{
	struct mark mark = mark_of("bob", false, 1, 0);

	memory_add(memory, &mark, NULL);
	ck_assert_int_eq(recall("bob", false, 1, 0), RECALL_SAME);
	ck_assert_int_eq(recall("bob", false, 1, 9), RECALL_OTHER);
	ck_assert_int_eq(recall("bob", true, 1, 0), RECALL_NOTHING);
	ck_assert_int_eq(recall("bob", true, 1, 9), RECALL_NOTHING);
}
END_TEST

/* Nobody outside can choose the position or the contents of a mark. */
START_TEST(marks_are_of_this_memory_alone)
{
	struct memory *first = memory;
	struct mark mark = mark_of("bob", true, 1, 0), other;

	memory = memory_open();
	ck_assert_ptr_nonnull(memory);
	other = mark_of("bob", true, 1, 0);
	ck_assert_mem_ne(mark.id, other.id, SIZE_MARK);
	ck_assert_mem_ne(mark.text, other.text, SIZE_MARK);
	free(memory);
	memory = first;
}
END_TEST

START_TEST(what_is_added_twice_is_kept_for_the_later_time)
{
	add("bob", 1);
	add_range(10, 20);
	add("bob", 1);
	add_range(20, 20 + MEMORY_MESSAGES - 1);
	ck_assert(knows("bob", 1));
	add("bob", 5);
	ck_assert(!knows("bob", 1));
}
END_TEST

/* Returns the chain of an id: the first two bytes of its mark. */
static uint32_t
chain_of(uint64_t number)
{
	struct mark mark = mark_of("bob", true, number, 0);

	return (uint32_t)mark.id[0] << 8 | mark.id[1];
}

/* Finds ids that are in the same chain as the first. */
static void
find_twins(uint64_t twins[TWINS])
{
	uint64_t number = 1 << 30;
	uint32_t chain = chain_of(number);

	for (size_t found = 0; found < TWINS; number++)
		if (chain_of(number) == chain)
			twins[found++] = number;
}

/* Adds twin i as number i * apart, then waits until all are forgotten. */
static void
expect_twins_to_age(const uint64_t twins[TWINS], uint64_t apart)
{
	uint64_t other = 0;

	for (size_t i = 0; i < TWINS; i++) {
		add("bob", twins[i]);
		add_range(other, other + apart - 1);
		other += apart - 1;
	}
	add_range(other, MEMORY_MESSAGES - TWINS);
	for (size_t gone = 0; gone < TWINS; gone++) {
		for (size_t i = 0; i < TWINS; i++)
			if (knows("bob", twins[i]) != (i >= gone))
				ck_abort_msg("with %zu of %d gone, twin %zu",
				    gone, TWINS, i);
		add_range(1 << 20, (1 << 20) + apart);
	}
}

START_TEST(ids_of_one_chain_are_kept_apart)
{
	uint64_t twins[TWINS];

	find_twins(twins);
	expect_twins_to_age(twins, 1);
	expect_twins_to_age(twins, 2);
	expect_twins_to_age(twins, 777);
}
END_TEST

/* Removed when it is the newest of its chain, the oldest, and in between. */
START_TEST(a_chain_of_ids_added_again_holds_together)
{
	uint64_t twins[TWINS];

	find_twins(twins);
	for (size_t round = 0; round < 100; round++) {
		for (size_t i = 0; i < TWINS; i++)
			add("bob", twins[(i * 5 + round) % TWINS]);
		if (round % 10 == 0)
			for (size_t i = 0; i < TWINS; i++)
				ck_assert(knows("bob", twins[i]));
	}
	add_range(0, MEMORY_MESSAGES - 1);
	ck_assert(knows("bob", 0));
	add("bob", MEMORY_MESSAGES);
	for (size_t i = 0; i < TWINS; i++)
		ck_assert(!knows("bob", twins[i]));
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = {
	    it_knows_nothing_at_first,
	    it_knows_all_until_it_is_full,
	    when_full_it_forgets_the_oldest_and_no_other,
	    it_goes_round_more_than_once,
	    it_reaches_as_far_back_as_it_says,
	    the_same_id_of_another_sender_is_another,
	    every_byte_of_an_id_and_of_a_text_counts,
	    p27_an_id_stands_for_one_text_until_it_is_forgotten,
	    p27_unlisted_senders_use_up_no_id_of_a_listed_one,
	    marks_are_of_this_memory_alone,
	    what_is_added_twice_is_kept_for_the_later_time,
	    ids_of_one_chain_are_kept_apart,
	    a_chain_of_ids_added_again_holds_together,
	};

	return unit_run(
	    &(struct unit){"log memory", tests, COUNT(tests), setup, teardown});
}
