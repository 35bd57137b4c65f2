/* Who gets a session: the caps, the lot, exemptions, and a bounded table. */
#include "listener/admission.h"
#include "tests/unit/listener.h"

#define DRAWS 100000

/* Between guards, so that a table that grows shows. */
static struct {
	uint8_t before[64];
	struct admission admission;
	uint8_t after[64];
} room;

static struct admission *const admission = &room.admission;

static void
setup(void)
{
	memset(&room, 0xa5, sizeof(room));
	memset(admission, 0, sizeof(*admission));
	admission->most = 64;
	admission->per_source = 8;
	ck_assert_int_eq(
	    getentropy(&admission->key, sizeof(admission->key)), 0);
}

static void
teardown(void)
{
	for (size_t i = 0; i < sizeof(room.before); i++)
		ck_assert(room.before[i] == 0xa5 && room.after[i] == 0xa5);
}

/* The nth of many sources, each in a network of its own. */
static struct source
source_number(uint32_t n)
{
	struct source source = {.bytes = {0x20, 0x01, 0x0d, 0xb8}};

	memcpy(source.bytes + 4, &n, sizeof(n));
	return source;
}

static enum refusal
enter(const struct source *source)
{
	return admission_enter(admission, source, 1000);
}

static void
leave(const struct source *source)
{
	admission_leave(admission, source, END_EXCUSED, 1000);
}

static enum refusal
enter_text(const char *text)
{
	struct source source = source_at(text);

	return enter(&source);
}

/* Lets sources in, from number first on, until there are so many sessions. */
static void
fill(uint32_t first, unsigned sessions)
{
	while (admission->now < sessions) {
		struct source source = source_number(first);
		enum refusal refusal = enter(&source);

		must(refusal == REFUSAL_NONE || refusal == REFUSAL_EARLY,
		    "refusal %d with %u sessions", (int)refusal,
		    admission->now);
		if (refusal == REFUSAL_NONE)
			first++;
	}
}

/* How many in a hundred are refused by lot, with so many sessions. */
static double
lot(void)
{
	const struct source source = source_at("192.0.2.1");
	unsigned refused = 0;

	for (int i = 0; i < DRAWS; i++) {
		enum refusal refusal = enter(&source);

		must(refusal == REFUSAL_NONE || refusal == REFUSAL_EARLY,
		    "refusal %d", (int)refusal);
		if (refusal == REFUSAL_EARLY)
			refused++;
		else
			leave(&source);
	}
	return 100.0 * refused / DRAWS;
}

START_TEST(all_get_a_session_below_half)
{
	for (int i = 0; i < 1000; i++) {
		for (uint32_t n = 0; n < 32; n++) {
			struct source source = source_number(n);

			must(enter(&source) == REFUSAL_NONE,
			    "refused with %u sessions", n);
		}
		for (uint32_t n = 0; n < 32; n++) {
			struct source source = source_number(n);

			leave(&source);
		}
	}
	ck_assert_uint_eq(admission->now, 0);
}
END_TEST

/* Six standard deviations of 100,000 draws are less than one per cent. */
START_TEST(from_half_on_the_lot_decides_ever_harder)
{
	double before = 0;

	for (unsigned now = 32; now < 64; now++) {
		unsigned share = 30 + 70 * (now - 32) / 32;
		double refused;

		fill(1000 * now, now);
		refused = lot();
		ck_assert_msg(refused > share - 1.0 && refused < share + 1.0,
		    "%.2f in 100 with %u sessions", refused, now);
		ck_assert(refused > before);
		before = refused;
	}
	ck_assert(before < 98.5); /* the last place can be had */
}
END_TEST

START_TEST(nobody_gets_a_session_when_there_is_none)
{
	struct source source = source_number(1);

	fill(1, 64);
	for (int i = 0; i < 10000; i++)
		must(enter_text("192.0.2.1") == REFUSAL_FULL,
		    "not full with 64 of 64");
	ck_assert_uint_eq(admission->now, 64);
	leave(&source);
	ck_assert_uint_eq(admission->now, 63);
}
END_TEST

START_TEST(one_session_in_all_is_possible)
{
	admission->most = 1;
	ck_assert_int_eq(enter_text("192.0.2.1"), REFUSAL_NONE);
	ck_assert_int_eq(enter_text("192.0.2.2"), REFUSAL_FULL);
}
END_TEST

/* Eight from these addresses, in turn, are all that one source may have. */
static void
expect_one_source(const char *const *texts, size_t count)
{
	struct source source;

	setup();
	for (size_t i = 0; i < 8; i++)
		ck_assert_int_eq(enter_text(texts[i % count]), REFUSAL_NONE);
	for (size_t i = 0; i < count; i++)
		ck_assert_int_eq(enter_text(texts[i]), REFUSAL_SOURCE);
	source = source_at(texts[0]);
	leave(&source);
	ck_assert_int_eq(enter_text(texts[count - 1]), REFUSAL_NONE);
	ck_assert_int_eq(enter_text(texts[0]), REFUSAL_SOURCE);
}

/* Of two sources, one is not hindered by the other's eight. */
static void
expect_two_sources(const char *one, const char *other)
{
	expect_one_source(&one, 1);
	ck_assert_int_eq(enter_text(other), REFUSAL_NONE);
}

START_TEST(an_ipv4_address_is_one_source)
{
	static const char *const mapped[] = {"192.0.2.1", "::ffff:192.0.2.1"};

	expect_one_source(mapped, 2);
	expect_two_sources("192.0.2.1", "192.0.2.2");
	expect_two_sources("192.0.2.1", "192.0.2.0");
	expect_two_sources("127.0.0.1", "127.0.0.2");
	expect_two_sources("192.0.2.1", "::ffff:192.0.2.2");
	expect_two_sources("192.0.2.1", "::192.0.2.1");
}
END_TEST

START_TEST(a_network_of_64_bits_of_ipv6_is_one_source)
{
	static const char *const network[] = {"2001:db8:1:2::1",
	    "2001:db8:1:2:ffff:ffff:ffff:ffff", "2001:db8:1:2:8000::"};

	expect_one_source(network, COUNT(network));
	expect_two_sources("2001:db8:1:2::1", "2001:db8:1:3::1");
	expect_two_sources("2001:db8:1:2::1", "2001:db9:1:2::1");
	expect_two_sources("::1", "127.0.0.1");
}
END_TEST

START_TEST(the_cap_of_a_source_comes_before_the_lot)
{
	admission->per_source = 31;
	for (int i = 0; i < 31; i++)
		ck_assert_int_eq(enter_text("192.0.2.1"), REFUSAL_NONE);
	fill(1, 60);
	for (int i = 0; i < 100; i++)
		ck_assert_int_eq(enter_text("192.0.2.1"), REFUSAL_SOURCE);
}
END_TEST

static void
exempt(const char *text)
{
	ck_assert_int_eq(
	    cidr_parse(
		text, &admission->exempt.list[admission->exempt.count++]),
	    0);
}

START_TEST(an_exempt_source_has_no_cap_of_its_own)
{
	admission->most = 1000;
	exempt("192.0.2.0/24");
	exempt("2001:db8::/32");
	for (int i = 0; i < 100; i++) {
		ck_assert_int_eq(enter_text("192.0.2.77"), REFUSAL_NONE);
		ck_assert_int_eq(enter_text("2001:db8::1"), REFUSAL_NONE);
	}
	for (int i = 0; i < 8; i++)
		ck_assert_int_eq(enter_text("192.0.3.1"), REFUSAL_NONE);
	ck_assert_int_eq(enter_text("192.0.3.1"), REFUSAL_SOURCE);
}
END_TEST

START_TEST(an_exempt_source_is_never_barred)
{
	struct source source = source_at("192.0.2.77");

	exempt("192.0.2.0/24");
	for (int i = 0; i < 100; i++) {
		ck_assert_int_eq(enter(&source), REFUSAL_NONE);
		admission_leave(admission, &source, END_CRASH, 1000);
	}
	ck_assert_int_eq(enter(&source), REFUSAL_NONE);
}
END_TEST

START_TEST(an_exempt_source_is_bound_by_the_total_and_the_lot)
{
	unsigned early = 0;

	exempt("192.0.2.0/24");
	while (admission->now < 64)
		switch (enter_text("192.0.2.1")) {
		case REFUSAL_NONE:
			break;
		case REFUSAL_EARLY:
			early++;
			break;
		default:
			ck_abort_msg("refused with %u", admission->now);
		}
	ck_assert_uint_gt(early, 0); /* but for once in 10^21 */
	ck_assert_int_eq(enter_text("192.0.2.1"), REFUSAL_FULL);
}
END_TEST

START_TEST(all_exemptions_count)
{
	char text[32];

	for (unsigned i = 0; i < MOST_NETWORKS; i++) {
		(void)snprintf(text, sizeof(text), "10.%u.0.0/16", i);
		exempt(text);
	}
	admission->per_source = 1;
	for (unsigned i = 0; i < MOST_NETWORKS; i += 9) {
		(void)snprintf(text, sizeof(text), "10.%u.1.2", i);
		ck_assert_int_eq(enter_text(text), REFUSAL_NONE);
		ck_assert_int_eq(enter_text(text), REFUSAL_NONE);
	}
}
END_TEST

/* Each of 100,000 sources is punished; 50 have a session all the time. */
START_TEST(sources_with_sessions_survive_a_flood_of_penalties)
{
	static const enum end_class classes[] = {
	    END_CRASH, END_DEADLINE, END_GUESS, END_FAILURE};
	const uint32_t live = 50;
	struct source source;

	admission->most = 1000;
	admission->per_source = 1;
	fill(0, live);
	for (uint32_t n = 1000; n < 101000; n++) {
		source = source_number(n);
		must(enter(&source) == REFUSAL_NONE, "source %u refused", n);
		admission_leave(
		    admission, &source, classes[n % COUNT(classes)], 1000 + n % 7);
	}
	ck_assert_uint_eq(admission->now, live);
	for (uint32_t n = 0; n < live; n++) {
		source = source_number(n);
		ck_assert_int_eq(enter(&source), REFUSAL_SOURCE);
		leave(&source);
		ck_assert_int_eq(enter(&source), REFUSAL_NONE);
		leave(&source);
	}
	ck_assert_uint_eq(admission->now, 0);
}
END_TEST

/* When a row is full, the mildest penalty is forgotten, not a crash. */
START_TEST(the_mildest_penalty_makes_room)
{
	struct source crashed[20], source;

	for (uint32_t n = 0; n < COUNT(crashed); n++) {
		crashed[n] = source_number(n);
		ck_assert_int_eq(enter(&crashed[n]), REFUSAL_NONE);
		admission_leave(admission, &crashed[n], END_CRASH, 1000);
	}
	for (uint32_t n = 1000; n < 101000; n++) {
		source = source_number(n);
		must(enter(&source) == REFUSAL_NONE, "source %u refused", n);
		admission_leave(admission, &source, END_FAILURE, 1000);
	}
	for (uint32_t n = 0; n < COUNT(crashed); n++)
		ck_assert_int_eq(enter(&crashed[n]), REFUSAL_PENALTY);
}
END_TEST

/* More live sources than the table has tracks: refused, and none is lost. */
START_TEST(a_table_full_of_sessions_refuses_and_forgets_none)
{
	static bool in[TRACK_ROWS * TRACK_WAYS * 2];
	unsigned count = 0;
	struct source source;

	admission->most = 4 * COUNT(in);
	for (uint32_t n = 0; n < COUNT(in); n++) {
		enum refusal refusal;

		source = source_number(n);
		refusal = enter(&source);
		must(refusal == REFUSAL_NONE || refusal == REFUSAL_FULL,
		    "refusal %d", (int)refusal);
		in[n] = refusal == REFUSAL_NONE;
		count += in[n];
	}
	ck_assert_uint_le(count, TRACK_ROWS * TRACK_WAYS);
	ck_assert_uint_gt(count, TRACK_ROWS * TRACK_WAYS * 9 / 10);
	for (uint32_t n = 0; n < COUNT(in); n++)
		if (in[n]) {
			source = source_number(n);
			leave(&source);
		}
	ck_assert_uint_eq(admission->now, 0);
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = {
	    all_get_a_session_below_half,
	    from_half_on_the_lot_decides_ever_harder,
	    nobody_gets_a_session_when_there_is_none,
	    one_session_in_all_is_possible,
	    an_ipv4_address_is_one_source,
	    a_network_of_64_bits_of_ipv6_is_one_source,
	    the_cap_of_a_source_comes_before_the_lot,
	    an_exempt_source_has_no_cap_of_its_own,
	    an_exempt_source_is_never_barred,
	    an_exempt_source_is_bound_by_the_total_and_the_lot,
	    all_exemptions_count,
	    sources_with_sessions_survive_a_flood_of_penalties,
	    the_mildest_penalty_makes_room,
	    a_table_full_of_sessions_refuses_and_forgets_none,
	};

	return unit_run(&(struct unit){
	    "listener admission", tests, COUNT(tests), setup, teardown});
}
