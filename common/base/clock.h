/* A clock that only goes forward. Deadlines are times on it. */
#ifndef COMMON_BASE_CLOCK_H
#define COMMON_BASE_CLOCK_H

#include <stdint.h>

/* Milliseconds since some moment that stays the same until the next boot. */
int64_t clock_now_ms(void);

#endif
