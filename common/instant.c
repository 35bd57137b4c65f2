/* Instants, in the one spelling that frames use. */
#include "common/instant.h"

#include <string.h>
#include <time.h>

#include "common/error.h"
#include "common/limits.h"

int
instant_format(int64_t instant, char spelling[SIZE_INSTANT + 1])
{
	time_t seconds = instant;
	struct tm tm;
	char year[5], rest[SIZE_INSTANT + 1];

	if (gmtime_r(&seconds, &tm) == NULL || tm.tm_year < -1900 ||
	    tm.tm_year > 9999 - 1900)
		return CHAT_EMALFORMED;
	/* strftime's %Y does not pad, and ISO wants four digits. */
	for (int i = 3, y = tm.tm_year + 1900; i >= 0; i--, y /= 10)
		year[i] = (char)('0' + y % 10);
	if (strftime(rest, sizeof(rest), "-%m-%dT%H:%M:%SZ", &tm) !=
	    SIZE_INSTANT - 4)
		return CHAT_EMALFORMED;
	memcpy(spelling, year, 4);
	memcpy(spelling + 4, rest, SIZE_INSTANT - 4 + 1);
	return CHAT_OK;
}

int
instant_parse(const char *spelling, int64_t *instant)
{
	char copy[SIZE_INSTANT + 1], again[SIZE_INSTANT + 1];
	struct tm tm = {0};
	const char *end;

	memcpy(copy, spelling, SIZE_INSTANT);
	copy[SIZE_INSTANT] = '\0';
	end = strptime(copy, "%Y-%m-%dT%H:%M:%SZ", &tm);
	if (end != copy + SIZE_INSTANT)
		return CHAT_EMALFORMED;
	*instant = timegm(&tm);
	/* strptime forgives; what it read must be spelled the same again. */
	if (instant_format(*instant, again) != 0 ||
	    memcmp(copy, again, SIZE_INSTANT) != 0)
		return CHAT_EMALFORMED;
	return CHAT_OK;
}

bool
instant_near(int64_t a, int64_t b)
{
	return a - b <= LIMIT_CLOCK_SKEW && b - a <= LIMIT_CLOCK_SKEW;
}
