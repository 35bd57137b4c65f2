/* Finds the name that was probably meant. */
#ifndef SENDER_NEAR_H
#define SENDER_NEAR_H

#include <stdbool.h>

#include "common/base/limits.h"

/* How two names differ. */
enum nearness {
	NEAR_CASE, /* by case */
	NEAR_SLIP, /* by case, and by one letter that is missing, added,
		      changed or swapped with its neighbour */
};

/*
 * Finds the name in the directory at `path` that is nearest to `name`, if they
 * do not differ more than that. Returns whether there is one. Only regular
 * files are read, because others cannot be read a second time.
 */
bool near_name(const char *path, const char *name, enum nearness most,
    char near[LIMIT_NAME + 1]);

#endif
