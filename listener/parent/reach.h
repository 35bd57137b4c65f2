/* Which addresses of this host lead to our socket. */
#ifndef LISTENER_PARENT_REACH_H
#define LISTENER_PARENT_REACH_H

#include "common/users/identity.h"
#include "listener/options.h"
#include "listener/parent/acceptor.h"

/*
 * Copies those of `all` at which we take connections to *reached. With -n there
 * is no socket, so -b, -4 and -6 decide. *reached is empty if this cannot be
 * known: if the kernel picked the port, which no entry can name, or if -n comes
 * with a host name in -b, because nothing is looked up.
 */
void reach_find(const struct options *options, const struct acceptor *acceptor,
    const struct addresses *all, struct addresses *reached);

#endif
