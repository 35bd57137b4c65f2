/*
 * Loading the directory: it is read and checked, what is odd in it is told on
 * standard error, and our name is found.
 */
#ifndef LISTENER_KEYHOLDER_LOADING_H
#define LISTENER_KEYHOLDER_LOADING_H

#include "common/users/directory.h"
#include "listener/keyholder/config.h"

/*
 * Reads the file at this descriptor. self is our name, or empty: then it is
 * found and set. Fills in *directory, which the caller frees, and *loaded but
 * for its error. Returns 0, or an error that was explained on standard error.
 */
int loading_run(const struct keyholder_config *config, int descriptor,
    const struct meanwhile *meanwhile, char self[LIMIT_NAME + 1],
    struct directory *directory, struct loaded *loaded);

#endif
