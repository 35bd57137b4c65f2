/* Seconds since the epoch, and their one spelling: 2026-11-23T03:22:01Z. */
#ifndef COMMON_BASE_TIMESTAMP_H
#define COMMON_BASE_TIMESTAMP_H

#include <stdbool.h>
#include <stdint.h>

#define SIZE_INSTANT 20 /* bytes of the spelling, without its NUL */

/*
 * Spells an instant of the years 0 to 9999. Returns 0, or CHAT_EMALFORMED
 * for any other year. RFC 3339, UTC, whole seconds.
 */
int timestamp_format(int64_t instant, char spelling[SIZE_INSTANT + 1]);

/*
 * Reads SIZE_INSTANT bytes. A date that does not exist, a leap second and
 * any other spelling are CHAT_EMALFORMED.
 */
int timestamp_parse(const char *spelling, int64_t *instant);

/* Whether two clocks that say so are within LIMIT_CLOCK_SKEW seconds. */
bool timestamp_near(int64_t a, int64_t b);

#endif
