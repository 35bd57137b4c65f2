/* The part of a line that is not matched yet, for readers of templates. */
#ifndef COMMON_BASE_REST_H
#define COMMON_BASE_REST_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

struct rest {
	const char *at;
	size_t len;
};

/* Moves behind the next len bytes, which must exist. */
static inline void
rest_pass(struct rest *rest, size_t len)
{
	rest->at += len;
	rest->len -= len;
}

/* Moves behind these bytes if they are next. Returns whether they are. */
static inline bool
rest_match(struct rest *rest, const char *bytes, size_t len)
{
	if (rest->len < len || memcmp(rest->at, bytes, len) != 0)
		return false;
	rest_pass(rest, len);
	return true;
}

/* The same for a string literal. */
#define REST_MATCH(rest, literal) rest_match(rest, literal, sizeof(literal) - 1)

#endif
