/*
 * The trial at the start: a message as long as a message can be goes through a
 * session and a keyholder as they will be, with all rights given up and filters
 * on; and then one that the session must refuse. What would be killed over the
 * first long message, because a preloaded library makes other system calls, is
 * refused now.
 */
#ifndef LISTENER_PARENT_TRIAL_H
#define LISTENER_PARENT_TRIAL_H

#include <stdbool.h>

#include "listener/parent/parent.h"

/*
 * Forks both for each, waits for their ends, and says what went wrong. Returns
 * whether all went as it should: where it did not, there must be no listener.
 */
bool trial_run(const struct parent *parent);

#endif
