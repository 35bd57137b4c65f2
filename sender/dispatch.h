/* Sends to several recipients at once, and retries. */
#ifndef SENDER_DISPATCH_H
#define SENDER_DISPATCH_H

#include "sender/report.h"

/*
 * Makes `count` deliveries (1 to MOST_RECIPIENTS) at the same time, each in a
 * process of its own. If one fails and may be retried, tries it again with the
 * same id and growing pauses, until retry_s seconds have passed. Reports each
 * result when it is known, in this style.
 * With `lines`, each delivery is a stream of messages, see lines.h; `lines` is
 * a buffer for one text. A stream ends with the input, or with a message that
 * fails for a reason that would concern the next one too.
 * Returns the common status of all, or SEND_MIXED if they differ; SEND_IO if
 * all succeeded but a report could not be written. A signal ends all of it, see
 * interrupt.h.
 */
enum send_exit dispatch_all(struct delivery deliveries[], size_t count,
    unsigned retry_s, const struct report_style *style, struct text *lines);

/*
 * Reports a recipient to whom nothing can be sent. Returns as report_outcome()
 * does.
 */
int dispatch_refuse(
    const struct delivery *delivery, const struct report_style *style);

#endif
