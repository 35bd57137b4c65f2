/*
 * Moments that stay comparable when somebody sets the clock, and after a boot.
 */
#ifndef SENDER_KEEP_MOMENT_H
#define SENDER_KEEP_MOMENT_H

#include <stdint.h>

#define SIZE_BOOT 40 /* the id of a boot, with its NUL */

struct moment {
	int64_t wall; /* seconds since the epoch, as the clock was set then */
	int64_t up;   /* seconds since the boot, suspended ones included */
	char boot[SIZE_BOOT]; /* which boot; empty if unknown */
};

/* Fills in the present. */
void moment_now(struct moment *now);

/*
 * Returns the seconds between two moments, at least 0. Within one boot, setting
 * the clock makes no difference; across boots, the clock is believed.
 */
int64_t moment_between(const struct moment *then, const struct moment *now);

#endif
