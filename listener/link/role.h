/* Starting the processes that serve all sessions: keyholder and runner. */
#ifndef LISTENER_LINK_ROLE_H
#define LISTENER_LINK_ROLE_H

#include <stddef.h>
#include <sys/types.h>

/*
 * What a role has open besides the standard descriptors: the control channel,
 * and behind it what it was given, in this order.
 */
#define ROLE_CONTROL 3
#define ROLE_GIVEN 4
#define MOST_GIVEN 4

#define ROLE_LOST 71 /* its exit status when it cannot go on */

/*
 * Forks a role of that title, with count descriptors of ours besides the
 * channel; all others are closed in it. Returns like fork(2), 0 in the role,
 * and -1 with errno set. In the parent, *control is the end of the channel,
 * which takes whole packets.
 */
pid_t role_fork(
    const char *title, const int given[], size_t count, int *control);

#endif
