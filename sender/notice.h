/* The message that tells the user that connecting takes long. */
#ifndef SENDER_NOTICE_H
#define SENDER_NOTICE_H

#include <stdbool.h>
#include <stdint.h>

#include "sender/endpoint.h"

struct notice {
	const char *name; /* the recipient's name */
	const struct endpoint *endpoint;
	int64_t due_ms; /* clock_now_ms() time; INT64_MAX once it was printed */
};

/* Makes the notice due in two seconds; if `waits` is not set, never. */
void notice_start(struct notice *notice, const char *name,
    const struct endpoint *endpoint, bool waits);

/*
 * Returns until when to wait: the deadline, or earlier when the notice is due.
 */
int64_t notice_until(const struct notice *notice, int64_t deadline);

/*
 * Call it when that time has passed. If the notice was due, prints it and
 * returns true: go on waiting. Returns false at the deadline.
 */
bool notice_give(struct notice *notice, int64_t deadline);

#endif
