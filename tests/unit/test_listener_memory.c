/* The ids of the last messages: none is forgotten early, none kept longer. */
#include "common/error.h"
#include "listener/memory.h"
#include "tests/unit/unit.h"

#define TWINS 12 /* ids that meet in one chain */

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

static void
spell_id(uint64_t number, uint8_t id[SIZE_ID])
{
	memset(id, 0, SIZE_ID);
	memcpy(id, &number, sizeof(number));
}

static bool
knows(const char *from, uint64_t number)
{
	uint8_t id[SIZE_ID];
	bool seen;

	spell_id(number, id);
	if (memory_knows(memory, &suite, from, id, &seen) != 0)
		ck_abort_msg("memory_knows() failed");
	return seen;
}

static void
add(const char *from, uint64_t number)
{
	uint8_t id[SIZE_ID];

	spell_id(number, id);
	if (memory_add(memory, &suite, from, id) != 0)
		ck_abort_msg("memory_add() failed");
}

static void
add_range(uint64_t from, uint64_t to)
{
	for (; from < to; from++)
		add("bob", from);
}

/* Exactly those from first to before end are known, of all that were added. */
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

/* 65,536 others, no more and no fewer, push a message out. */
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

START_TEST(every_byte_of_an_id_counts)
{
	uint8_t id[SIZE_ID] = {0};
	bool seen;

	ck_assert_int_eq(memory_add(memory, &suite, "bob", id), 0);
	for (size_t i = 0; i < SIZE_ID; i++)
		for (int bit = 0; bit < 8; bit++) {
			id[i] ^= (uint8_t)(1 << bit);
			ck_assert_int_eq(
			    memory_knows(memory, &suite, "bob", id, &seen), 0);
			ck_assert(!seen);
			id[i] ^= (uint8_t)(1 << bit);
		}
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

/* The chain that an id is in: the first two bytes of its mark. */
static uint32_t
chain_of(uint64_t number)
{
	uint8_t id[SIZE_ID], digest[SIZE_HASH];
	const struct span spans[] = {{id, SIZE_ID}, {"bob", 3}};

	spell_id(number, id);
	if (suite_sha256(&suite, spans, 2, digest) != 0)
		ck_abort_msg("no digest");
	return (uint32_t)digest[0] << 8 | digest[1];
}

/* Ids from far away that are all in the chain of the first. */
static void
find_twins(uint64_t twins[TWINS])
{
	uint64_t number = 1 << 30;
	uint32_t chain = chain_of(number);

	for (size_t found = 0; found < TWINS; number++)
		if (chain_of(number) == chain)
			twins[found++] = number;
}

/* Twin i goes in as number i * apart; then all of them go out again. */
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

/* As the newest of a chain, as the oldest, and in between, taken out. */
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
	    every_byte_of_an_id_counts,
	    what_is_added_twice_is_kept_for_the_later_time,
	    ids_of_one_chain_are_kept_apart,
	    a_chain_of_ids_added_again_holds_together,
	};

	return unit_run(&(struct unit){
	    "listener memory", tests, COUNT(tests), setup, teardown});
}
