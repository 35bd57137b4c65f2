/*
 * A walk over a JSON list of objects, one object at a time, so that a tree
 * of a large directory never exists. It checks what cJSON forgives.
 */
#ifndef COMMON_USERS_SCAN_H
#define COMMON_USERS_SCAN_H

#include "common/users/directory.h"

struct scan {
	const char *next, *end;
	unsigned long line; /* of next, counted from 1 */
	bool started, ended;
};

void scan_start(struct scan *scan, const char *json, size_t len);

/*
 * Moves to the brace that opens the next object of the list; at its end,
 * scan->ended is set instead. Returns 0, or CHAT_EDIRECTORY with fault filled
 * in: not a list of objects, or something after it.
 */
int scan_next(struct scan *scan, struct fault *fault);

/*
 * Passes over the object that starts here, which is *len bytes at *object,
 * braces included. Returns 0, or CHAT_EDIRECTORY with fault filled in: more
 * than LIMIT_ENTRY bytes, a NUL or control character, a \u0000, single
 * quotes, or no end.
 */
int scan_object(
    struct scan *scan, const char **object, size_t *len, struct fault *fault);

/* Fills in a fault and returns CHAT_EDIRECTORY. */
int scan_fault(struct fault *fault, unsigned long line, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#endif
