/* Deliveries to several recipients at once, and again when they fail. */
#ifndef SENDER_DISPATCH_H
#define SENDER_DISPATCH_H

#include "sender/report.h"

/*
 * Makes count (1 to MOST_RECIPIENTS) deliveries, all at once, each in a
 * process of its own. One that fails but may be retried is tried again, with
 * growing pauses and under the same id, until retry_s seconds have passed.
 * Reports each as it ends. Returns the status that all have in common, else
 * SEND_MIXED; but SEND_IO where all was well, and could not be reported.
 * *for_good says whether one failed for good, or could not be reported.
 */
enum send_exit dispatch_all(struct delivery deliveries[], size_t count,
    unsigned retry_s, const struct report *how, bool *for_good);

#endif
