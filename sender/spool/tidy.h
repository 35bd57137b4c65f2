/* What writers who died have left in a folder of the spool. */
#ifndef SENDER_SPOOL_TIDY_H
#define SENDER_SPOOL_TIDY_H

#include "sender/keep/queue.h"

/*
 * Removes, from a queue or the folder failed, what was not completed within an
 * hour: files without their name, of which nothing was promised, and states of
 * messages that are not there.
 */
void tidy(const struct queue *queue);

#endif
