/* The keyholder uses all random bytes that it draws, for every sender. */
#include <sys/random.h>
#include <sys/syscall.h>

#include "tests/unit/listener.h"

#define DRAWS 3 /* for each BEGIN: CL, a password that nobody knows, y */
#define NONE SIZE_MAX

/* What getentropy(3) returns: fixed bytes, except one. */
static struct {
	bool fixed;
	size_t given, changed; /* bytes so far; the one that differs, or NONE */
	size_t count;
	size_t ends[DRAWS + 1]; /* where each draw ends */
} draws;

/* Replaces that of libc. */
int
getentropy(void *buffer, size_t length)
{
	if (!draws.fixed)
		return syscall(SYS_getrandom, buffer, length, 0) == (long)length
		    ? 0
		    : -1;
	for (size_t i = 0; i < length; i++)
		((uint8_t *)buffer)[i] = draws.given++ == draws.changed ? 2 : 1;
	if (draws.count < COUNT(draws.ends))
		draws.ends[draws.count] = draws.given;
	draws.count++;
	return 0;
}

static const struct claim refused[] = {
    {"bob", "dave", "bob's own long secret", "dave's other secret"},
    {"bob", "Alice", "bob's own long secret", "alice's long secret"},
    {"carol", "carol", "alice's long secret", "alice's long secret"},
    {"carol", "mallory", "x", "x"},
};

/* Returns the reply to BEGIN if one of the random bytes differs. */
static struct begin_reply
begin(size_t changed)
{
	struct guest *g = &guests[0];
	union channel_datagram datagram;
	size_t len = guest_spell_begin(g, &datagram);
	struct begin_reply reply;

	guest_enter(g);
	draws.given = draws.count = 0;
	draws.changed = changed;
	draws.fixed = true;
	ck_assert_int_eq(guest_ask(g, &datagram, len), 0);
	draws.fixed = false;
	ck_assert_int_eq(
	    guest_hear(g, &reply, sizeof(reply)), (ssize_t)sizeof(reply));
	guest_leave(g);
	return reply;
}

/* Every sender causes the same draws: CL, a password, y. */
static void
check_sizes(void)
{
	ck_assert_uint_eq(draws.count, DRAWS);
	ck_assert_uint_eq(draws.ends[0], SIZE_NONCE);
	ck_assert_uint_eq(draws.ends[1], 2 * SIZE_NONCE);
	ck_assert_uint_eq(draws.ends[2], 2 * SIZE_NONCE + SIZE_SCALAR);
}

/* Whether pB and CL depend on this random byte. */
static void
changes(size_t byte, bool *pb, bool *cl)
{
	struct begin_reply usual = begin(NONE), other = begin(byte);

	*pb = memcmp(usual.pb, other.pb, SIZE_POINT) != 0;
	*cl = memcmp(usual.cl, other.cl, SIZE_NONCE) != 0;
}

START_TEST(p05_every_byte_of_a_challenge_is_fresh)
{
	bool pb, cl;

	guest_claim(&guests[0], &bob);
	(void)begin(NONE);
	check_sizes();
	for (size_t i = 0; i < draws.ends[DRAWS - 1]; i++) {
		changes(i, &pb, &cl);
		ck_assert_int_eq(cl, i < draws.ends[0]);
		ck_assert_int_eq(pb, i >= draws.ends[1]);
	}
}
END_TEST

/* For a sender who must fail, w depends on every byte of a random password. */
START_TEST(p08_every_byte_of_a_refusal_is_fresh)
{
	bool pb, cl;

	for (size_t k = 0; k < COUNT(refused); k++) {
		guest_claim(&guests[0], &refused[k]);
		(void)begin(NONE);
		check_sizes();
		for (size_t i = 0; i < draws.ends[DRAWS - 1]; i++) {
			changes(i, &pb, &cl);
			ck_assert_int_eq(cl, i < draws.ends[0]);
			ck_assert_int_eq(pb, i >= draws.ends[0]);
		}
	}
}
END_TEST

START_TEST(p08_a_strict_refusal_is_fresh_too)
{
	bool pb, cl;

	answers.strict = true;
	guest_claim(&guests[0], &carol);
	(void)begin(NONE);
	check_sizes();
	changes(draws.ends[0], &pb, &cl);
	ck_assert(pb && !cl);
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = {
	    p05_every_byte_of_a_challenge_is_fresh,
	    p08_every_byte_of_a_refusal_is_fresh,
	    p08_a_strict_refusal_is_fresh_too,
	};

	return unit_run(&(struct unit){"listener fresh", tests, COUNT(tests),
	    office_setup, office_teardown});
}
