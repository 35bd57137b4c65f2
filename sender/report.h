/* What chat-send says about how a delivery ended. */
#ifndef SENDER_REPORT_H
#define SENDER_REPORT_H

#include "sender/delivery.h"

/* How to say it. */
struct report {
	bool json;    /* a line of JSON on standard output */
	bool success; /* say so too when it worked */
	bool verbose;
	unsigned long line; /* of input, with -l; else 0 */
};

/*
 * Says how it ended, after so many milliseconds. Works in a confined process
 * too. Returns 0, or CHAT_EIO when the line of JSON could not be written; then
 * standard error has it in words. chat-send(1), OUTPUT.
 */
int report_outcome(const struct report *report, const struct delivery *delivery,
    const struct outcome *outcome, int64_t ms);

/* Whether the same message may be sent again, under the same id. */
bool report_retryable(enum send_exit status);

#endif
