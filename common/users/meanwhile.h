/* What goes on while a large directory is read or freed. */
#ifndef COMMON_USERS_MEANWHILE_H
#define COMMON_USERS_MEANWHILE_H

#include <stddef.h>

/* Between two calls of meanwhile_serve(): a fraction of a millisecond each. */
#define MEANWHILE_BYTES ((size_t)1048576)
#define MEANWHILE_USERS 512

/*
 * What is called again and again, so that somebody who serves others does not
 * let them wait.
 */
struct meanwhile {
	void (*serve)(void *arg);
	void *arg;
};

/* Calls it; meanwhile may be NULL. */
static inline void
meanwhile_serve(const struct meanwhile *meanwhile)
{
	if (meanwhile != NULL)
		meanwhile->serve(meanwhile->arg);
}

#endif
