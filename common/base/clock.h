/* A clock that only goes forward. Deadlines are points in time on it. */
#ifndef COMMON_BASE_CLOCK_H
#define COMMON_BASE_CLOCK_H

#include <stdint.h>

/*
 * Returns the milliseconds since an arbitrary moment, which stays the same
 * until the next boot.
 */
int64_t clock_now_ms(void);

#endif
