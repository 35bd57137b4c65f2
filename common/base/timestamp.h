/*
 * Seconds since the epoch, and their one spelling: 2026-11-23T03:22:01Z (RFC
 * 3339, UTC, whole seconds).
 */
#ifndef COMMON_BASE_TIMESTAMP_H
#define COMMON_BASE_TIMESTAMP_H

#include <stdbool.h>
#include <stdint.h>

#define SIZE_INSTANT 20 /* bytes of the spelling, without its NUL */

/*
 * Spells an instant, with a NUL. Returns 0, or CHAT_EMALFORMED if its year is
 * not between 0 and 9999.
 */
int timestamp_format(int64_t instant, char spelling[SIZE_INSTANT + 1]);

/*
 * Reads SIZE_INSTANT bytes of spelling; no NUL is needed. Returns 0 with
 * *instant set, or CHAT_EMALFORMED for a date that does not exist, a leap
 * second or any other spelling.
 */
int timestamp_parse(const char *spelling, int64_t *instant);

/* Returns whether two clocks differ by at most LIMIT_CLOCK_SKEW seconds. */
bool timestamp_near(int64_t a, int64_t b);

#endif
