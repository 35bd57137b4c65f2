/*
 * Starting the processes that serve all sessions: keyholder, runner, recorder.
 */
#ifndef LISTENER_LINK_ROLE_H
#define LISTENER_LINK_ROLE_H

#include <stddef.h>
#include <sys/types.h>

/*
 * The descriptors of a role, besides the standard ones: the control channel,
 * and from ROLE_GIVEN on those that it was given, in the same order.
 */
#define ROLE_CONTROL 3
#define ROLE_GIVEN 4
#define MOST_GIVEN 4

/* A role has room for more sessions that have ended unknown to it so far. */
#define ROLE_SPARE 64

#define ROLE_LOST 71 /* exit status of a role that cannot go on */

/*
 * Forks a role. Its title is for ps(1). It gets the control channel and `count`
 * descriptors, at most MOST_GIVEN; all others are closed in it. Returns like
 * fork(2): 0 in the role; -1 with errno set. In the parent, *control is its end
 * of the channel, a SOCK_SEQPACKET socket, which the caller closes.
 */
pid_t role_fork(
    const char *title, const int given[], size_t count, int *control);

#endif
