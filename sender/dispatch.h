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
 * With lines, each is a stream of messages, see lines.h, whose texts go through
 * `lines`: it ends with the input, or with a message that is not delivered,
 * unless only that message is to blame. A signal that ends chat-send ends all
 * of it, see interrupt.h.
 */
enum send_exit dispatch_all(struct delivery deliveries[], size_t count,
    unsigned retry_s, const struct report *how, struct text *lines);

/* Reports a recipient to whom nothing can be sent, as report_outcome() does. */
int dispatch_refuse(const struct delivery *delivery, const struct report *how);

#endif
