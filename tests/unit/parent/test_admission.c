/* Who gets a session: limits, levels, exemptions, a table of fixed size. */
#include "tests/unit/admission.h"

#define TRACKS (TRACK_ROWS * TRACK_WAYS)

static struct caller callers[2 * TRACKS];

static void
setup(void)
{
	open_admission(64, 8);
}

/* Opens sessions from different sources until there are so many. */
static void
fill(uint32_t first, unsigned sessions)
{
	while (admission.sessions < sessions) {
		struct source source = source_number(first);

		ck_assert_int_eq(come(&callers[first], &source), REFUSAL_NONE);
		first++;
	}
}

START_TEST(three_of_four_places_are_for_anybody)
{
	struct caller late;

	fill(0, 48);
	ck_assert_int_ne(come_from(&late, "192.0.2.1"), REFUSAL_NONE);
	ck_assert_uint_eq(admission.sessions, 48);
	go(&callers[0], SESSION_LEFT);
	now_ms += S;
	ck_assert_int_eq(come_from(&late, "192.0.2.1"), REFUSAL_NONE);
}
END_TEST

START_TEST(p36_one_of_four_is_kept_for_known_sources)
{
	struct source known = source_at("192.0.2.1");
	struct caller friends[16];

	become_known(&known);
	admission.per_source = 64;
	fill(0, 48);
	for (size_t i = 0; i < COUNT(friends); i++) {
		ck_assert_int_eq(come(&friends[i], &known), REFUSAL_NONE);
		ck_assert_ptr_null(evicted);
	}
	ck_assert_uint_eq(admission.sessions, 64);
}
END_TEST

START_TEST(p36_a_source_is_known_for_a_week)
{
	struct source known = source_at("192.0.2.1");
	struct caller friend;

	become_known(&known);
	now_ms += (int64_t)7 * 24 * 3600 * S - 1;
	fill(0, 48);
	ck_assert_int_eq(come(&friend, &known), REFUSAL_NONE);
	go(&friend, SESSION_BUSY);
	now_ms++;
	admission.spent = 0;
	ck_assert_int_eq(come(&friend, &known), REFUSAL_FULL);
}
END_TEST

START_TEST(p36_neighbours_of_a_known_source_are_not_known)
{
	struct source known = source_at("2001:db8:1:2::1");
	struct caller friend;

	become_known(&known);
	fill(0, 48);
	admission.spent = 0;
	ck_assert_int_eq(come_from(&friend, "2001:db8:1:3::1"), REFUSAL_FULL);
	ck_assert_int_eq(come_from(&friend, "2001:db8:1:2::2"), REFUSAL_NONE);
}
END_TEST

START_TEST(nobody_gets_a_session_when_all_have_proven_themselves)
{
	struct source known = source_at("192.0.2.1");
	struct caller friend;

	become_known(&known);
	admission.per_source = 65;
	for (uint32_t n = 0; n < 64; n++) {
		ck_assert_int_eq(come(&callers[n], &known), REFUSAL_NONE);
		prove(&callers[n]);
	}
	ck_assert_int_eq(come(&friend, &known), REFUSAL_FULL);
	go(&callers[7], SESSION_DELIVERED);
	ck_assert_int_eq(come(&friend, &known), REFUSAL_NONE);
}
END_TEST

START_TEST(one_session_in_all_is_possible)
{
	open_admission(1, 8);
	ck_assert_int_eq(come_from(&callers[0], "192.0.2.1"), REFUSAL_NONE);
	ck_assert_int_ne(come_from(&callers[1], "192.0.2.2"), REFUSAL_NONE);
}
END_TEST

/* Expects that these addresses together get so many sessions. */
static void
expect_one_source(const char *const *texts, size_t count, unsigned sessions)
{
	struct caller late;

	open_admission(1000, 8);
	for (size_t i = 0; i < sessions; i++)
		ck_assert_int_eq(
		    come_from(&callers[i], texts[i % count]), REFUSAL_NONE);
	for (size_t i = 0; i < count; i++)
		ck_assert_int_eq(come_from(&late, texts[i]), REFUSAL_SOURCE);
	prove(&callers[0]);
	go(&callers[0], SESSION_DELIVERED);
	ck_assert_int_eq(come_from(&late, texts[0]), REFUSAL_NONE);
	ck_assert_int_eq(come_from(&late, texts[0]), REFUSAL_SOURCE);
}

/* Expects that eight sessions of one source do not hinder the other. */
static void
expect_two_sources(const char *one, const char *other)
{
	struct caller caller;

	expect_one_source(&one, 1, 8);
	ck_assert_int_eq(come_from(&caller, other), REFUSAL_NONE);
}

START_TEST(an_ipv4_address_is_one_source)
{
	static const char *const mapped[] = {"192.0.2.1", "::ffff:192.0.2.1"};

	expect_one_source(mapped, 2, 8);
	expect_two_sources("192.0.2.1", "192.0.2.2");
	expect_two_sources("192.0.2.1", "192.0.2.0");
	expect_two_sources("127.0.0.1", "127.0.0.2");
	expect_two_sources("192.0.2.1", "::ffff:192.0.2.2");
	expect_two_sources("192.0.2.1", "::192.0.2.1");
}
END_TEST

START_TEST(p36_ipv6_counts_by_64_56_and_48_bits)
{
	static const char *const of_64[] = {"2001:db8:1:2::1",
	    "2001:db8:1:2:ffff:ffff:ffff:ffff", "2001:db8:1:2:8000::"};
	static const char *const of_56[] = {"2001:db8:1:200::1",
	    "2001:db8:1:201::1", "2001:db8:1:2ff::1", "2001:db8:1:280::1"};
	static const char *const of_48[] = {"2001:db8:1::1",
	    "2001:db8:1:100::1", "2001:db8:1:ff00::1", "2001:db8:1:8000::1"};

	expect_one_source(of_64, COUNT(of_64), 8);
	expect_one_source(of_56, COUNT(of_56), 16);
	expect_one_source(of_48, COUNT(of_48), 32);
	expect_two_sources("2001:db8:1:2::1", "2001:db8:1:3::1");
	expect_two_sources("2001:db8:1:2::1", "2001:db9:1:2::1");
	expect_two_sources("::1", "127.0.0.1");
}
END_TEST

START_TEST(an_exempt_source_has_no_cap_of_its_own)
{
	open_admission(1000, 8);
	exempt("192.0.2.0/24");
	exempt("2001:db8::/32");
	for (int i = 0; i < 100; i++) {
		ck_assert_int_eq(
		    come_from(&callers[2 * i], "192.0.2.77"), REFUSAL_NONE);
		ck_assert_int_eq(come_from(&callers[2 * i + 1], "2001:db8::1"),
		    REFUSAL_NONE);
	}
	for (int i = 0; i < 8; i++)
		ck_assert_int_eq(
		    come_from(&callers[200 + i], "192.0.3.1"), REFUSAL_NONE);
	ck_assert_int_eq(come_from(&callers[208], "192.0.3.1"), REFUSAL_SOURCE);
}
END_TEST

START_TEST(an_exempt_source_is_never_barred)
{
	exempt("192.0.2.0/24");
	for (int i = 0; i < 100; i++) {
		ck_assert_int_eq(
		    come_from(&callers[0], "192.0.2.77"), REFUSAL_NONE);
		now_ms += S;
		go(&callers[0], SESSION_ENDS);
	}
	ck_assert_int_eq(come_from(&callers[0], "192.0.2.77"), REFUSAL_NONE);
}
END_TEST

START_TEST(an_exempt_source_is_bound_by_the_total)
{
	exempt("192.0.2.0/24");
	for (int i = 0; i < 64; i++)
		ck_assert_int_eq(
		    come_from(&callers[i], "192.0.2.1"), REFUSAL_NONE);
	ck_assert_int_eq(come_from(&callers[64], "192.0.2.1"), REFUSAL_FULL);
}
END_TEST

START_TEST(all_exemptions_count)
{
	char text[32];

	for (unsigned i = 0; i < MOST_NETWORKS; i++) {
		(void)snprintf(text, sizeof(text), "10.%u.0.0/16", i);
		exempt(text);
	}
	admission.per_source = 1;
	for (unsigned i = 0; i < MOST_NETWORKS; i += 9) {
		(void)snprintf(text, sizeof(text), "10.%u.1.2", i);
		ck_assert_int_eq(come_from(&callers[i], text), REFUSAL_NONE);
		ck_assert_int_eq(
		    come_from(&callers[i + 1], text), REFUSAL_NONE);
	}
}
END_TEST

/* 100,000 sources get penalties while 50 others have sessions. */
START_TEST(sources_with_sessions_survive_a_flood_of_penalties)
{
	static const enum session_end ends[] = {
	    SESSION_ENDS, SESSION_DEADLINE, SESSION_UNAUTHENTIC, SESSION_LEFT};
	const uint32_t live = 50;
	struct source source;
	struct caller caller;

	open_admission(1000, 1);
	fill(0, live);
	for (uint32_t n = 1000; n < 101000; n++) {
		now_ms += 5;
		source = source_number(n);
		must(come(&caller, &source) == REFUSAL_NONE, "%u refused", n);
		go(&caller, ends[n % COUNT(ends)]);
	}
	ck_assert_uint_eq(admission.sessions, live);
	for (uint32_t n = 0; n < live; n++) {
		source = source_number(n);
		ck_assert_int_eq(come(&caller, &source), REFUSAL_SOURCE);
	}
}
END_TEST

/* A known source is forgotten last, and before it one whose session crashed. */
START_TEST(p36_a_flood_makes_the_mildest_forgotten)
{
	struct source source, known = source_at("192.0.2.1");
	struct caller caller;

	open_admission(1000, 8);
	become_known(&known);
	for (uint32_t n = 0; n < 20; n++) {
		source = source_number(n);
		ck_assert_int_eq(come(&caller, &source), REFUSAL_NONE);
		go(&caller, SESSION_ENDS);
	}
	for (uint32_t n = 1000; n < 31000; n++) {
		now_ms += n % 2;
		admission.spent = 0;
		source = source_number(n);
		must(come(&caller, &source) == REFUSAL_NONE, "%u refused", n);
		go(&caller, SESSION_LEFT);
	}
	for (uint32_t n = 0; n < 20; n++) {
		source = source_number(n);
		ck_assert_int_eq(come(&caller, &source), REFUSAL_PENALTY);
	}
	admission.most = 1;
	admission.kept = 1;
	ck_assert_int_eq(come(&caller, &known), REFUSAL_NONE);
}
END_TEST

/* A mob cannot make itself new by coming from more addresses. */
START_TEST(p36_a_flood_does_not_wash_a_session_in_vain_away)
{
	struct source source;
	struct caller caller;

	ck_assert_int_eq(come_from(&caller, "192.0.2.1"), REFUSAL_NONE);
	go(&caller, SESSION_LEFT);
	now_ms += 60 * S;
	for (uint32_t n = 0; n < 30000; n++) {
		source = source_number(n);
		admission.spent = 0;
		must(come(&caller, &source) == REFUSAL_NONE, "%u refused", n);
		go(&caller, SESSION_UNSTARTED);
	}
	admission.spent = now_ms + 3 * S;
	ck_assert_int_eq(come_from(&caller, "192.0.2.1"), REFUSAL_RUSH);
	ck_assert_int_eq(come_from(&caller, "192.0.2.2"), REFUSAL_NONE);
}
END_TEST

/*
 * If all tracks have sessions, new sources are refused and none is forgotten.
 */
START_TEST(a_table_full_of_sessions_refuses_and_forgets_none)
{
	unsigned count = 0;

	open_admission(4 * COUNT(callers), 8);
	for (uint32_t n = 0; n < COUNT(callers); n++) {
		struct source source = source_at("10.0.0.0");
		enum refusal refusal;

		memcpy(source.bytes + 13, &n, 3);
		admission.spent = 0;
		refusal = come(&callers[n], &source);
		must(refusal == REFUSAL_NONE || refusal == REFUSAL_FULL,
		    "refusal %d", (int)refusal);
		count += refusal == REFUSAL_NONE;
	}
	ck_assert_uint_le(count, TRACKS);
	ck_assert_uint_gt(count, TRACKS * 9 / 10);
	for (uint32_t n = 0; n < COUNT(callers); n++)
		go(&callers[n],
		    SESSION_LEFT); /* one that was refused does not count */
	ck_assert_uint_eq(admission.sessions, 0);
	ck_assert_uint_eq(admission.crowded, 0);
}
END_TEST

/* Returns the row of a source. */
static long
row_of_source(const char *text)
{
	struct caller caller;

	ck_assert_int_eq(come_from(&caller, text), REFUSAL_NONE);
	for (long row = 0; row < TRACK_ROWS; row++)
		for (size_t way = 0; way < TRACK_WAYS; way++)
			if (admission.tracks.list[row][way].sessions != 0) {
				go(&caller, SESSION_BUSY);
				return row;
			}
	return -1;
}

/* An attacker cannot find out beforehand which sources share a row. */
START_TEST(p37_the_rows_of_sources_have_a_key)
{
	static const char *const texts[] = {"192.0.2.1", "192.0.2.2",
	    "192.0.2.3", "192.0.2.4", "192.0.2.5", "192.0.2.6"};
	long rows[2][COUNT(texts)];

	for (int i = 0; i < 2; i++) {
		open_admission(64, 8);
		for (size_t n = 0; n < COUNT(texts); n++)
			rows[i][n] = row_of_source(texts[n]);
	}
	ck_assert(memcmp(rows[0], rows[1], sizeof(rows[0])) != 0);
}
END_TEST

static struct track *
row_of_track(const struct track *track)
{
	struct track *first = &admission.tracks.list[0][0];

	return first + (track - first) / TRACK_WAYS * TRACK_WAYS;
}

/* Returns the row in which a source has its first two levels. */
static struct track *
crowded_row(struct source *source)
{
	struct track *tracks[LEVELS];

	for (uint32_t n = 0;; n++) {
		tracks_open(&admission.tracks);
		*source = source_number(n);
		ck_assert(
		    tracks_find(&admission.tracks, source, now_ms, tracks));
		if (row_of_track(tracks[0]) == row_of_track(tracks[1]))
			return row_of_track(tracks[0]);
	}
}

/* With one free track in the row, its second level would replace its first. */
START_TEST(p37_a_source_does_not_displace_its_own_track)
{
	struct track *tracks[LEVELS], *row;
	struct source source;

	row = crowded_row(&source);
	for (size_t i = 1; i < TRACK_WAYS; i++)
		row[i].sessions = 1;
	row[1].bits = 0; /* somebody else's */
	ck_assert(!tracks_find(&admission.tracks, &source, now_ms, tracks));
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = {
	    three_of_four_places_are_for_anybody,
	    p36_one_of_four_is_kept_for_known_sources,
	    p36_a_source_is_known_for_a_week,
	    p36_neighbours_of_a_known_source_are_not_known,
	    nobody_gets_a_session_when_all_have_proven_themselves,
	    one_session_in_all_is_possible,
	    an_ipv4_address_is_one_source,
	    p36_ipv6_counts_by_64_56_and_48_bits,
	    an_exempt_source_has_no_cap_of_its_own,
	    an_exempt_source_is_never_barred,
	    an_exempt_source_is_bound_by_the_total,
	    all_exemptions_count,
	    sources_with_sessions_survive_a_flood_of_penalties,
	    p36_a_flood_makes_the_mildest_forgotten,
	    p36_a_flood_does_not_wash_a_session_in_vain_away,
	    a_table_full_of_sessions_refuses_and_forgets_none,
	    p37_the_rows_of_sources_have_a_key,
	    p37_a_source_does_not_displace_its_own_track,
	};

	return unit_run(&(struct unit){
	    "listener admission", tests, COUNT(tests), setup, NULL});
}
