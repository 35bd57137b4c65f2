/*
 * Windows of time in which a reason gets only a few lines on standard error, so
 * that nobody can fill a disk.
 */
#ifndef COMMON_BASE_WINDOW_H
#define COMMON_BASE_WINDOW_H

#include <stdbool.h>
#include <stdint.h>

/* The lines of one reason in its current window; all zero at first. */
struct window {
	int64_t start; /* clock_now_ms() time */
	unsigned lines;
	unsigned unsaid; /* how many were left out */
};

/*
 * Starts another window if this one is over at now_ms. Returns how many lines
 * were left out of the one that is over; 0 if it is not.
 */
unsigned window_renew(struct window *window, int64_t now_ms);

/* Returns whether there may be another line; counts those that may not. */
bool window_admits(struct window *window);

#endif
