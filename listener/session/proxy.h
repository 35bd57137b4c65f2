/*
 * The PROXY protocol, versions 1 and 2: a balancer tells which source a
 * connection really has. HAProxy's proxy-protocol.txt specifies both.
 */
#ifndef LISTENER_SESSION_PROXY_H
#define LISTENER_SESSION_PROXY_H

#include <stdbool.h>
#include <stddef.h>

#include "common/base/limits.h"
#include "listener/link/source.h"

/*
 * Reads a header, and nothing after it, from a connection until the deadline
 * (in clock_now_ms() time). *named is set to whether it names a source, which
 * goes to *source. It names none if the balancer speaks for itself (LOCAL), or
 * if the source has no address (UNKNOWN, UNSPEC). Returns 0; CHAT_EMALFORMED
 * for anything but a header of TCP over IPv4 or IPv6; or the errors of
 * stream_take().
 */
int proxy_read(int fd, int64_t deadline, struct source *source, bool *named);

#endif
