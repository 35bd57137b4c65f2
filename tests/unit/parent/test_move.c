/* Networks of options; sessions that count for another source. */
#include "tests/unit/admission.h"

static struct source balancer, peer, other;
static struct caller callers[80];

static void
setup(void)
{
	open_admission(64, 2);
	balancer = source_at("192.0.2.1");
	peer = source_at("203.0.113.1");
	other = source_at("203.0.113.2");
}

/* A balancer connects, and has not named a source yet. */
static enum refusal
visit(struct caller *caller)
{
	static uint64_t number;

	memset(caller, 0, sizeof(*caller));
	caller->stay.number = ++number;
	caller->stay.proof = &caller->cell;
	return admission_visit(&admission, &caller->stay, now_ms);
}

static enum refusal
move(struct caller *caller, const struct source *to)
{
	return admission_move(&admission, &caller->stay, to, now_ms, &evicted);
}

/* A balancer connects and names this source. */
static enum refusal
enter_through(struct caller *caller, const struct source *source)
{
	ck_assert_int_eq(visit(caller), REFUSAL_NONE);
	return move(caller, source);
}

START_TEST(several_networks_are_one_set)
{
	struct networks networks = {.count = 0};
	struct source in = source_at("198.51.100.9"), out = peer;
	const char *fault;

	ck_assert(!networks_contain(&networks, &in));
	ck_assert_int_eq(
	    cidr_parse("192.0.2.0/24", &networks.list[0], &fault), 0);
	ck_assert_int_eq(
	    cidr_parse("198.51.100.0/24", &networks.list[1], &fault), 0);
	ck_assert_int_eq(
	    cidr_parse("203.0.113.1", &networks.list[2], &fault), 0);
	networks.count = 2;
	ck_assert(networks_contain(&networks, &balancer));
	ck_assert(networks_contain(&networks, &in));
	ck_assert(!networks_contain(&networks, &out)); /* not counted */
	networks.count = 3;
	ck_assert(networks_contain(&networks, &out));
}
END_TEST

START_TEST(the_cap_is_of_whom_the_balancer_names)
{
	struct caller *late = &callers[4];

	for (int i = 0; i < 2; i++) {
		ck_assert_int_eq(
		    enter_through(&callers[2 * i], &peer), REFUSAL_NONE);
		ck_assert_int_eq(
		    enter_through(&callers[2 * i + 1], &other), REFUSAL_NONE);
	}
	ck_assert_int_eq(enter_through(late, &peer), REFUSAL_SOURCE);
	go(late, SESSION_UNADMITTED);
	ck_assert_int_eq(come(late, &peer), REFUSAL_SOURCE); /* directly too */
	go(&callers[0], SESSION_LEFT);
	ck_assert_int_eq(enter_through(late, &peer), REFUSAL_NONE);
}
END_TEST

START_TEST(the_penalty_is_of_whom_the_balancer_names)
{
	ck_assert_int_eq(enter_through(&callers[0], &peer), REFUSAL_NONE);
	go(&callers[0], SESSION_ENDS);
	ck_assert_int_eq(enter_through(&callers[0], &peer), REFUSAL_PENALTY);
	go(&callers[0], SESSION_UNADMITTED);
	ck_assert_int_eq(enter_through(&callers[0], &other), REFUSAL_NONE);
}
END_TEST

START_TEST(p36_whom_a_balancer_names_is_known_and_may_evict_as_any)
{
	become_known(&peer);
	for (uint32_t n = 0; n < 48; n++) {
		struct source source = source_number(n);

		ck_assert_int_eq(
		    enter_through(&callers[n], &source), REFUSAL_NONE);
		now_ms += 100;
	}
	ck_assert_int_eq(enter_through(&callers[48], &peer), REFUSAL_NONE);
	ck_assert_ptr_null(evicted);
	ck_assert_int_eq(enter_through(&callers[49], &other), REFUSAL_NONE);
	ck_assert_ptr_eq(evicted, &callers[0].stay);
}
END_TEST

/* Visitors are not served yet, and keep no other source out. */
START_TEST(p36_visitors_take_no_places)
{
	for (int i = 0; i < 64; i++)
		ck_assert_int_eq(visit(&callers[i]), REFUSAL_NONE);
	ck_assert_int_eq(visit(&callers[64]), REFUSAL_FULL);
	ck_assert_int_eq(come(&callers[64], &peer), REFUSAL_NONE);
	ck_assert_uint_eq(admission.sessions, 1);
	for (int i = 0; i < 65; i++)
		go(&callers[i], SESSION_SILENT);
	ck_assert_uint_eq(admission.sessions, 0);
	ck_assert_uint_eq(admission.visitors, 0);
}
END_TEST

/*
 * After a refusal the session is still a visitor; in the end all are counted
 * out.
 */
START_TEST(a_refused_move_changes_nothing)
{
	ck_assert_int_eq(enter_through(&callers[0], &peer), REFUSAL_NONE);
	go(&callers[0], SESSION_ENDS);
	for (int i = 0; i < 10; i++)
		ck_assert_int_eq(
		    enter_through(&callers[i], &peer), REFUSAL_PENALTY);
	ck_assert_uint_eq(admission.visitors, 10);
	for (int i = 0; i < 10; i++)
		go(&callers[i], SESSION_UNADMITTED);
	ck_assert_uint_eq(admission.visitors, 0);
	ck_assert_uint_eq(admission.sessions, 0);
}
END_TEST

START_TEST(a_balancer_that_speaks_for_itself_counts_as_itself)
{
	ck_assert_int_eq(enter_through(&callers[0], &balancer), REFUSAL_NONE);
	ck_assert_int_eq(enter_through(&callers[1], &balancer), REFUSAL_NONE);
	ck_assert_int_eq(enter_through(&callers[2], &balancer), REFUSAL_SOURCE);
	for (int i = 0; i < 3; i++)
		go(&callers[i], SESSION_LEFT);
	ck_assert_uint_eq(admission.sessions, 0);
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = {
	    several_networks_are_one_set,
	    the_cap_is_of_whom_the_balancer_names,
	    the_penalty_is_of_whom_the_balancer_names,
	    p36_whom_a_balancer_names_is_known_and_may_evict_as_any,
	    p36_visitors_take_no_places,
	    a_refused_move_changes_nothing,
	    a_balancer_that_speaks_for_itself_counts_as_itself,
	};

	return unit_run(
	    &(struct unit){"listener move", tests, COUNT(tests), setup, NULL});
}
