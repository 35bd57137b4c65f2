/* Which addresses of this host lead to this listener. */
#ifndef LISTENER_PARENT_REACH_H
#define LISTENER_PARENT_REACH_H

#include "common/users/identity.h"
#include "listener/options.h"
#include "listener/parent/acceptor.h"

/*
 * Picks them from all addresses of this host: by the socket, or with -n, where
 * there is none, by -b, -4 and -6. There are none where nothing can be said:
 * when the kernel picks the port, which no entry can know, or when -b of -n is
 * a host name, since nothing is looked up.
 */
void reach_find(const struct options *options, const struct acceptor *acceptor,
    const struct addresses *all, struct addresses *reached);

#endif
