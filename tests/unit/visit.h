/* Sessions that come to a process of the listener: keyholder, runner, recorder.
 */
#ifndef TESTS_UNIT_VISIT_H
#define TESTS_UNIT_VISIT_H

#include <sys/socket.h>
#include <unistd.h>

#include "listener/link/order.h"
#include "tests/unit/unit.h"

/*
 * Has the process at the other end of `control` serve a session. Returns the
 * session's end of the channel, which is non-blocking.
 */
static inline int
visit(int control, uint64_t number)
{
	const struct order order = {.what = ORDER_SESSION, .number = number};
	int ends[2];

	ck_assert_int_eq(
	    socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC,
		0, ends),
	    0);
	ck_assert_int_eq(order_send(control, &order, ends[1], 0), 0);
	(void)close(ends[1]);
	return ends[0];
}

#endif
