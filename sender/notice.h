/* A line for somebody who waits for a connection. */
#ifndef SENDER_NOTICE_H
#define SENDER_NOTICE_H

#include <stdbool.h>
#include <stdint.h>

#include "sender/destination.h"

struct notice {
	const struct destination *destination;
	int64_t due_ms; /* clock_now_ms() time; never, once it was given */
};

/* Two seconds from here it is due, if somebody waits. */
void notice_start(
    struct notice *notice, const struct destination *destination, bool waits);

/* Until when to wait at first: the deadline, or when the notice is due. */
int64_t notice_until(const struct notice *notice, int64_t deadline);

/*
 * After such a wait was in vain: whether to wait again, since it was not for
 * the deadline. Then the line was written.
 */
bool notice_give(struct notice *notice, int64_t deadline);

#endif
