/* Property 12: which times exist, and their only spelling. */
#include <time.h>

#include "common/base/error.h"
#include "common/base/timestamp.h"
#include "tests/unit/unit.h"

#define YEAR_0 INT64_C(-62167219200)     /* 0000-01-01T00:00:00Z */
#define YEAR_10000 INT64_C(253402300800) /* the first second too late */
#define CYCLE_DAYS 146097 /* after 400 years the calendar repeats */

static bool
is_leap(int year)
{
	return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

static int
days_in(int year, int month)
{
	static const int days[] = {
	    31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};

	return month == 2 && is_leap(year) ? 29 : days[month - 1];
}

static void
expect(const char *spelling, int64_t instant)
{
	char again[SIZE_INSTANT + 1];
	int64_t read = 1;

	ck_assert_msg(
	    timestamp_parse(spelling, &read) == 0, "%s is refused", spelling);
	ck_assert_int_eq(read, instant);
	ck_assert_int_eq(timestamp_format(instant, again), 0);
	ck_assert_str_eq(again, spelling);
}

static void
refuse(const char *spelling)
{
	char padded[64];
	int64_t read;

	/* Only SIZE_INSTANT bytes are read, even if the string is longer. */
	memset(padded, 0, sizeof(padded));
	strcpy(padded, spelling);
	ck_assert_msg(timestamp_parse(padded, &read) == CHAT_EMALFORMED,
	    "%s is taken", spelling);
}

/* Checked with `date -u -d @...`. */
START_TEST(p12_known_instants)
{
	expect("1970-01-01T00:00:00Z", 0);
	expect("1969-12-31T23:59:59Z", -1);
	expect("2026-01-02T03:04:05Z", 1767323045);
	expect("2038-01-19T03:14:08Z", 2147483648);
	expect("2024-02-29T12:00:00Z", 1709208000);
	expect("2000-02-29T00:00:00Z", 951782400);
	expect("1901-12-13T20:45:51Z", -2147483649);
}
END_TEST

START_TEST(p12_the_first_and_the_last_second)
{
	char spelling[SIZE_INSTANT + 1];

	expect("0000-01-01T00:00:00Z", YEAR_0);
	expect("9999-12-31T23:59:59Z", YEAR_10000 - 1);
	expect("0999-12-31T23:59:59Z", YEAR_0 + INT64_C(31556995199));
	ck_assert_int_eq(
	    timestamp_format(YEAR_0 - 1, spelling), CHAT_EMALFORMED);
	ck_assert_int_eq(
	    timestamp_format(YEAR_10000, spelling), CHAT_EMALFORMED);
	ck_assert_int_eq(
	    timestamp_format(INT64_MAX, spelling), CHAT_EMALFORMED);
	ck_assert_int_eq(
	    timestamp_format(INT64_MIN, spelling), CHAT_EMALFORMED);
}
END_TEST

/* Every day of 400 years, counted without the C library. */
START_TEST(p12_every_day_has_its_instant)
{
	char spelling[64], again[SIZE_INSTANT + 1];
	int64_t instant = INT64_C(946684800), read; /* 2000-01-01 */
	int year = 2000, month = 1, day = 1;

	for (int i = 0; i < CYCLE_DAYS; i++, instant += 86400) {
		(void)snprintf(spelling, sizeof(spelling),
		    "%04d-%02d-%02dT00:00:00Z", year, month, day);
		if (timestamp_parse(spelling, &read) != 0 || read != instant ||
		    timestamp_format(instant, again) != 0 ||
		    strcmp(again, spelling) != 0)
			ck_abort_msg("%s", spelling);
		if (++day > days_in(year, month)) {
			day = 1;
			month = month % 12 + 1;
			year += month == 1;
		}
	}
	ck_assert_int_eq(year, 2400);
}
END_TEST

/* Every month and day of two digits: only existing dates are accepted. */
START_TEST(p12_impossible_dates_are_refused)
{
	static const int years[] = {
	    0, 1, 4, 100, 400, 1900, 1970, 2000, 2023, 2024, 2100, 9999};
	char spelling[64];
	int64_t read;

	for (size_t i = 0; i < COUNT(years); i++)
		for (int month = 0; month < 100; month++)
			for (int day = 0; day < 100; day++) {
				bool real = month >= 1 && month <= 12 &&
				    day >= 1 && day <= days_in(years[i], month);

				(void)snprintf(spelling, sizeof(spelling),
				    "%04d-%02d-%02dT00:00:00Z", years[i], month,
				    day);
				if (timestamp_parse(spelling, &read) !=
				    (real ? 0 : CHAT_EMALFORMED))
					ck_abort_msg("%s", spelling);
			}
}
END_TEST

/* Leap seconds are refused, too: 23:59:60 on 2016-12-31 was real. */
START_TEST(p12_impossible_times_are_refused)
{
	char spelling[64];
	int64_t read;

	for (int hour = 0; hour < 100; hour++)
		for (int minute = 0; minute < 100; minute++)
			for (int second = 0; second < 100; second++) {
				bool real =
				    hour < 24 && minute < 60 && second < 60;

				(void)snprintf(spelling, sizeof(spelling),
				    "2016-12-31T%02d:%02d:%02dZ", hour, minute,
				    second);
				if (timestamp_parse(spelling, &read) !=
				    (real ? 0 : CHAT_EMALFORMED))
					ck_abort_msg("%s", spelling);
			}
}
END_TEST

START_TEST(p12_other_spellings_are_refused)
{
	static const char *const bad[] = {"", "2026-01-02T03:04:05",
	    "2026-01-02T03:04:05z", "2026-01-02t03:04:05Z",
	    "2026-01-02 03:04:05Z", "2026-1-02T03:04:05Z ",
	    " 2026-1-02T03:04:05Z", "2026- 1-02T03:04:05Z",
	    "+026-01-02T03:04:05Z", "-026-01-02T03:04:05Z",
	    "26-01-02T03:04:05Z", "0026-01-02T03:04:5Z", "2026-01-02T03:04:05+",
	    "20260102T030405Z", "2026/01/02T03:04:05Z", "2026-01-02T03.04.05Z",
	    "2026-01-02T3:04:05Z", "12026-01-02T03:04:05",
	    "2026-W01-5T03:04:05Z", "2026-002T03:04:05.0Z", "today",
	    "2026-01-02T03:04:+5Z", "2026-01-02T03:04: 5Z",
	    "2026-01-02T-3:04:05Z", "2o26-01-02T03:04:05Z",
	    "2026-01-02T03:04:05\xc3"};

	for (size_t i = 0; i < COUNT(bad); i++)
		refuse(bad[i]);
}
END_TEST

/*
 * Every byte in every place: only the right one, and some digits, are accepted.
 */
START_TEST(p12_every_byte_in_every_place)
{
	const char *good = "2026-11-11T11:11:11Z";
	char spelling[SIZE_INSTANT + 1], again[SIZE_INSTANT + 1];
	int64_t read;

	for (size_t at = 0; at < SIZE_INSTANT; at++)
		for (int c = 0; c < 256; c++) {
			strcpy(spelling, good);
			spelling[at] = (char)c;
			if (timestamp_parse(spelling, &read) != 0)
				continue;
			ck_assert_int_eq(timestamp_format(read, again), 0);
			ck_assert_mem_eq(again, spelling, SIZE_INSTANT);
			ck_assert(
			    spelling[at] == good[at] || (c >= '0' && c <= '9'));
		}
	expect(good, 1794395471);
}
END_TEST

/* Reads no more than SIZE_INSTANT bytes: the memory ends there. */
START_TEST(reading_ends_with_the_spelling)
{
	char *exact = malloc(SIZE_INSTANT);
	int64_t read;

	memcpy(exact, "2026-01-02T03:04:05Z", SIZE_INSTANT);
	ck_assert_int_eq(timestamp_parse(exact, &read), 0);
	ck_assert_int_eq(read, 1767323045);
	free(exact);
}
END_TEST

START_TEST(the_time_zone_does_not_matter)
{
	static const char *const zones[] = {"UTC", "EST5EDT", "XYZ-14",
	    "CET-1CEST,M3.5.0,M10.5.0/3", "ABC+23:59:59"};

	for (size_t i = 0; i < COUNT(zones); i++) {
		ck_assert_int_eq(setenv("TZ", zones[i], 1), 0);
		tzset();
		expect("2026-01-02T03:04:05Z", 1767323045);
		expect("2026-03-29T02:30:00Z", 1774751400);
		expect("2026-07-01T00:00:00Z", 1782864000);
	}
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = {
	    p12_known_instants,
	    p12_the_first_and_the_last_second,
	    p12_every_day_has_its_instant,
	    p12_impossible_dates_are_refused,
	    p12_impossible_times_are_refused,
	    p12_other_spellings_are_refused,
	    p12_every_byte_in_every_place,
	    reading_ends_with_the_spelling,
	    the_time_zone_does_not_matter,
	};

	return unit_run(
	    &(struct unit){"instant", tests, COUNT(tests), NULL, NULL});
}
