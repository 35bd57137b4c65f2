/*
 * Times in the one form that frames use. The C library's calendar functions
 * would open the time zone file, which a confined process may not do.
 */
#include "common/base/timestamp.h"

#include <string.h>

#include "common/base/error.h"
#include "common/base/limits.h"

#define DAY_S 86400
#define FIRST INT64_C(-62167219200) /* 0000-01-01T00:00:00Z */
#define END INT64_C(253402300800)   /* the first second after 9999 */

/*
 * A year is taken to start in March, so that the leap day is its last, and 400
 * years are one cycle, because all cycles have the same number of days. Day 0
 * is 0000-03-01; one cycle is added so that no number is negative.
 */
#define CYCLE_DAYS 146097
#define EPOCH_DAYS (719468 + CYCLE_DAYS) /* from that day to 1970-01-01 */

struct date {
	int year, month, day;
};

static int64_t
days_of(const struct date *date)
{
	int64_t year = date->year + 400 - (date->month <= 2);
	int64_t month = (date->month + 9) % 12; /* counted from March */

	return 365 * year + year / 4 - year / 100 + year / 400 +
	    (153 * month + 2) / 5 + date->day - 1 - EPOCH_DAYS;
}

static void
date_of(int64_t days, struct date *date)
{
	int64_t from_first = days + EPOCH_DAYS;
	int64_t of_cycle = from_first % CYCLE_DAYS;
	int64_t year = (of_cycle - of_cycle / 1460 + of_cycle / 36524 -
			   of_cycle / (CYCLE_DAYS - 1)) /
	    365;
	int64_t of_year = of_cycle - (365 * year + year / 4 - year / 100);
	int64_t month = (5 * of_year + 2) / 153;

	date->day = (int)(of_year - (153 * month + 2) / 5 + 1);
	date->month = (int)(month < 10 ? month + 3 : month - 9);
	date->year = (int)(year + from_first / CYCLE_DAYS * 400 - 400) +
	    (date->month <= 2);
}

/*
 * Writes a number with `digits` digits and the character after it. Returns
 * where the next one goes.
 */
static char *
put_digits(char *to, int number, int digits, char after)
{
	for (int i = digits - 1; i >= 0; i--, number /= 10)
		to[i] = (char)('0' + number % 10);
	to[digits] = after;
	return to + digits + 1;
}

int
timestamp_format(int64_t instant, char spelling[SIZE_INSTANT + 1])
{
	struct date date;
	char *to = spelling;
	int second;

	if (instant < FIRST || instant >= END)
		return CHAT_EMALFORMED;
	second = (int)((instant - FIRST) % DAY_S);
	date_of((instant - second) / DAY_S, &date);
	to = put_digits(to, date.year, 4, '-');
	to = put_digits(to, date.month, 2, '-');
	to = put_digits(to, date.day, 2, 'T');
	to = put_digits(to, second / 3600, 2, ':');
	to = put_digits(to, second / 60 % 60, 2, ':');
	to = put_digits(to, second % 60, 2, 'Z');
	*to = '\0';
	return CHAT_OK;
}

/*
 * Computes a number as if all characters were digits; timestamp_parse() finds
 * out whether they were.
 */
static int
take_digits(const char *from, int digits)
{
	int number = 0;

	for (int i = 0; i < digits; i++)
		number = 10 * number + from[i] - '0';
	return number;
}

int
timestamp_parse(const char *spelling, int64_t *instant)
{
	struct date date = {take_digits(spelling, 4),
	    take_digits(spelling + 5, 2), take_digits(spelling + 8, 2)};
	char again[SIZE_INSTANT + 1];

	if (date.month < 1 || date.month > 12)
		return CHAT_EMALFORMED;
	*instant = days_of(&date) * DAY_S +
	    INT64_C(3600) * take_digits(spelling + 11, 2) +
	    INT64_C(60) * take_digits(spelling + 14, 2) +
	    take_digits(spelling + 17, 2);
	/* Only the one spelling of this instant is accepted. */
	if (timestamp_format(*instant, again) != 0 ||
	    memcmp(spelling, again, SIZE_INSTANT) != 0)
		return CHAT_EMALFORMED;
	return CHAT_OK;
}

bool
timestamp_near(int64_t a, int64_t b)
{
	return a - b <= LIMIT_CLOCK_SKEW && b - a <= LIMIT_CLOCK_SKEW;
}
