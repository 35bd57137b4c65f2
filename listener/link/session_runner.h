/*
 * The channel between a session and the runner: SOCK_SEQPACKET, one datagram
 * each way. The request is a submission with its text.
 */
#ifndef LISTENER_LINK_SESSION_RUNNER_H
#define LISTENER_LINK_SESSION_RUNNER_H

#include "listener/link/submission.h"

/* The reply: one byte. */
enum runner_result {
	RUNNER_HANDLED = 1, /* exit status 0 */
	RUNNER_LATER,       /* exit status 75, or no process was free */
	RUNNER_FAILED,      /* any other status, or a signal */
	RUNNER_OVERDUE,     /* killed, because its time was over */
	RUNNER_UNKNOWN, /* a handler got it, and does not know or say more */
};

/*
 * Has the runner handle a message from that source. Waits for the result until
 * the deadline, in clock_now_ms() time. Returns 0 with *result set; CHAT_EBUSY
 * if the runner did not get the request; CHAT_EUNCONFIRMED if it has gone, or
 * does not reply in time: the message may be handled or not.
 */
int runner_ask(int channel, const struct message *message,
    const struct source *source, const uint8_t ticket[SIZE_HASH],
    int64_t deadline, enum runner_result *result);

#endif
