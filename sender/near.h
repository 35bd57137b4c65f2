/* A name that may have been meant. */
#ifndef SENDER_NEAR_H
#define SENDER_NEAR_H

#include <stdbool.h>

#include "common/base/limits.h"

/*
 * Looks in the directory at path for the one name that is nearest to this one:
 * it differs in case only, or in a letter that is missing, changed, added, or
 * swapped with its neighbour. Returns whether there is one. Reads a file only:
 * what cannot be read twice has none.
 */
bool near_name(const char *path, const char *name, char near[LIMIT_NAME + 1]);

#endif
