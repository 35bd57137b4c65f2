/* Property 30: a ticket is for one subject, and for no other. */
#include <unistd.h>

#include "common/base/error.h"
#include "listener/link/ticket.h"
#include "tests/unit/unit.h"

static struct suite suite;
static uint8_t key[SIZE_HASH], id[SIZE_ID], ticket[SIZE_HASH];
static struct ticket_subject subject;

static void
setup(void)
{
	ck_assert_int_eq(suite_open(&suite), 0);
	for (size_t i = 0; i < SIZE_HASH; i++)
		key[i] = (uint8_t)i;
	for (size_t i = 0; i < SIZE_ID; i++)
		id[i] = (uint8_t)(0xf0 + i);
	subject = (struct ticket_subject){.session = 0x0102030405060708,
	    .from = "bob",
	    .to = "alice",
	    .listed = true,
	    .id = id};
	ck_assert_int_eq(ticket_make(&suite, key, &subject, ticket), 0);
}

static void
teardown(void)
{
	suite_close(&suite);
}

static bool
is_right(void)
{
	return ticket_is_right(&suite, key, &subject, ticket);
}

/* Computed by Python's hmac from the contract in ticket.h. */
START_TEST(it_is_what_the_header_says)
{
	ck_assert_hex_eq(ticket, SIZE_HASH,
	    "9bb4860cbfbd11bb8e2374aa00f02650e4e3af55c07b33a83a69ec730520c504");
	ck_assert(is_right());
}
END_TEST

START_TEST(p30_each_bit_counts)
{
	for (size_t i = 0; i < 8 * SIZE_HASH; i++) {
		ticket[i / 8] ^= (uint8_t)(1 << i % 8);
		ck_assert(!is_right());
		ticket[i / 8] ^= (uint8_t)(1 << i % 8);
		key[i / 8] ^= (uint8_t)(1 << i % 8);
		ck_assert(!is_right());
		key[i / 8] ^= (uint8_t)(1 << i % 8);
	}
	for (size_t i = 0; i < 8 * SIZE_ID; i++) {
		id[i / 8] ^= (uint8_t)(1 << i % 8);
		ck_assert(!is_right());
		id[i / 8] ^= (uint8_t)(1 << i % 8);
	}
	for (size_t i = 0; i < 64; i++) {
		subject.session ^= UINT64_C(1) << i;
		ck_assert(!is_right());
		subject.session ^= UINT64_C(1) << i;
	}
	ck_assert(is_right());
}
END_TEST

/* Also where one name goes on in the other. */
START_TEST(p30_each_name_counts)
{
	static const char *const others[][2] = {{"bo", "alice"},
	    {"bobb", "alice"}, {"bob", "alic"}, {"bob", "alicee"},
	    {"boba", "lice"}, {"Bob", "alice"}, {"alice", "bob"}, {"", ""},
	    {"bob\5alice", ""}};

	for (size_t i = 0; i < COUNT(others); i++) {
		subject.from = others[i][0];
		subject.to = others[i][1];
		ck_assert(!is_right());
	}
}
END_TEST

START_TEST(p30_who_is_not_listed_is_another)
{
	subject.listed = false;
	ck_assert(!is_right());
}
END_TEST

START_TEST(the_key_goes_through_a_pipe)
{
	uint8_t got[SIZE_HASH] = {0};
	int ends[2];

	ck_assert_int_eq(ticket_open_pipe(ends), 0);
	ticket_send_key(ends[1], key);
	ck_assert_int_eq(ticket_receive_key(ends[0], got), 0);
	ck_assert_mem_eq(got, key, SIZE_HASH);
	ck_assert_int_eq(close(ends[0]), -1);
	ck_assert_int_eq(close(ends[1]), -1);
}
END_TEST

START_TEST(without_a_sender_there_is_no_key)
{
	uint8_t got[SIZE_HASH];
	int ends[2];

	ck_assert_int_eq(ticket_open_pipe(ends), 0);
	(void)close(ends[1]);
	ck_assert_int_eq(ticket_receive_key(ends[0], got), CHAT_ECLOSED);
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = {
	    it_is_what_the_header_says,
	    p30_each_bit_counts,
	    p30_each_name_counts,
	    p30_who_is_not_listed_is_another,
	    the_key_goes_through_a_pipe,
	    without_a_sender_there_is_no_key,
	};

	return unit_run(&(struct unit){
	    "link ticket", tests, COUNT(tests), setup, teardown});
}
