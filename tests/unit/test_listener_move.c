/* Networks of options, and sessions that count as coming from elsewhere. */
#include "listener/admission.h"
#include "tests/unit/listener.h"

static struct admission admission;
static struct source balancer, peer, other;

static void
setup(void)
{
	memset(&admission, 0, sizeof(admission));
	admission.most = 64;
	admission.per_source = 2;
	ck_assert_int_eq(
	    cidr_parse("192.0.2.0/24", &admission.exempt.list[0]), 0);
	admission.exempt.count = 1;
	balancer = source_at("192.0.2.1");
	peer = source_at("203.0.113.1");
	other = source_at("203.0.113.2");
}

static enum refusal
enter(const struct source *source)
{
	return admission_enter(&admission, source, 1000);
}

static enum refusal
move(const struct source *to)
{
	return admission_move(&admission, &balancer, to, 1000);
}

static void
leave(const struct source *source, enum end_class class)
{
	admission_leave(&admission, source, class, 1000);
}

/* A session of a peer behind the balancer. */
static enum refusal
enter_through(const struct source *source)
{
	ck_assert_int_eq(enter(&balancer), REFUSAL_NONE);
	return move(source);
}

START_TEST(several_networks_are_one_set)
{
	struct networks networks = {.count = 0};
	struct source in = source_at("198.51.100.9"), out = peer;

	ck_assert(!networks_contain(&networks, &in));
	ck_assert_int_eq(cidr_parse("192.0.2.0/24", &networks.list[0]), 0);
	ck_assert_int_eq(cidr_parse("198.51.100.0/24", &networks.list[1]), 0);
	ck_assert_int_eq(cidr_parse("203.0.113.1", &networks.list[2]), 0);
	networks.count = 2;
	ck_assert(networks_contain(&networks, &balancer));
	ck_assert(networks_contain(&networks, &in));
	ck_assert(!networks_contain(&networks, &out)); /* beyond the count */
	networks.count = 3;
	ck_assert(networks_contain(&networks, &out));
}
END_TEST

START_TEST(the_cap_is_of_whom_the_balancer_names)
{
	for (int i = 0; i < 2; i++) {
		ck_assert_int_eq(enter_through(&peer), REFUSAL_NONE);
		ck_assert_int_eq(enter_through(&other), REFUSAL_NONE);
	}
	ck_assert_int_eq(enter_through(&peer), REFUSAL_SOURCE);
	leave(&balancer, END_EXCUSED);
	ck_assert_int_eq(enter(&peer), REFUSAL_SOURCE); /* directly, too */
	leave(&peer, END_EXCUSED);
	ck_assert_int_eq(enter_through(&peer), REFUSAL_NONE);
}
END_TEST

START_TEST(the_penalty_is_of_whom_the_balancer_names)
{
	ck_assert_int_eq(enter_through(&peer), REFUSAL_NONE);
	leave(&peer, END_CRASH);
	ck_assert_int_eq(enter_through(&peer), REFUSAL_PENALTY);
	leave(&balancer, END_EXCUSED);
	ck_assert_int_eq(enter_through(&other), REFUSAL_NONE);
}
END_TEST

/* A refusal leaves the session where it was; all are counted out at last. */
START_TEST(a_refused_move_changes_nothing)
{
	ck_assert_int_eq(enter_through(&peer), REFUSAL_NONE);
	leave(&peer, END_CRASH);
	for (int i = 0; i < 10; i++)
		ck_assert_int_eq(enter_through(&peer), REFUSAL_PENALTY);
	ck_assert_uint_eq(admission.now, 10);
	for (int i = 0; i < 10; i++)
		leave(&balancer, END_EXCUSED);
	ck_assert_uint_eq(admission.now, 0);
	for (size_t row = 0; row < TRACK_ROWS; row++)
		for (size_t way = 0; way < TRACK_WAYS; way++)
			must(admission.tracks[row][way].sessions == 0,
			    "a session is left over");
}
END_TEST

START_TEST(to_where_it_was_is_no_second_session)
{
	struct source near = source_at("192.0.2.1");

	admission.exempt.count = 0;
	ck_assert_int_eq(enter(&balancer), REFUSAL_NONE);
	ck_assert_int_eq(move(&near), REFUSAL_NONE);
	ck_assert_int_eq(enter(&balancer), REFUSAL_NONE);
	ck_assert_int_eq(enter(&balancer), REFUSAL_SOURCE);
	leave(&balancer, END_EXCUSED);
	leave(&balancer, END_EXCUSED);
	ck_assert_uint_eq(admission.now, 0);
}
END_TEST

START_TEST(a_row_full_of_sessions_takes_no_other)
{
	struct source source = {.bytes = {0x20, 0x01, 0x0d, 0xb8}};
	uint32_t taken = 0;

	admission.most = UINT_MAX;
	for (uint32_t n = 0; n < 4 * TRACK_ROWS * TRACK_WAYS; n++) {
		memcpy(source.bytes + 4, &n, sizeof(n));
		ck_assert_int_eq(enter(&balancer), REFUSAL_NONE);
		if (move(&source) == REFUSAL_NONE)
			taken++;
		else
			leave(&balancer, END_EXCUSED);
	}
	ck_assert_uint_le(taken, TRACK_ROWS * TRACK_WAYS);
	ck_assert_uint_eq(taken, admission.now);
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = {
	    several_networks_are_one_set,
	    the_cap_is_of_whom_the_balancer_names,
	    the_penalty_is_of_whom_the_balancer_names,
	    a_refused_move_changes_nothing,
	    to_where_it_was_is_no_second_session,
	    a_row_full_of_sessions_takes_no_other,
	};

	return unit_run(
	    &(struct unit){"listener move", tests, COUNT(tests), setup, NULL});
}
