/*
 * The PROXY protocol, versions 1 and 2, by which a balancer says where a
 * connection really comes from. HAProxy's proxy-protocol.txt specifies both.
 */
#ifndef LISTENER_SESSION_PROXY_H
#define LISTENER_SESSION_PROXY_H

#include <stdbool.h>
#include <stddef.h>

#include "listener/link/source.h"

/* The most bytes of a header: version 1 as specified; version 2 as ours. */
#define LIMIT_PROXY_1 107
#define LIMIT_PROXY_2 1024

/*
 * Takes a header, and not a byte more, off a connection, until the deadline
 * (in clock_now_ms() time). *named says whether it names a source; it does
 * not when the balancer speaks for itself (LOCAL), or for somebody without an
 * address (UNKNOWN, UNSPEC). Returns 0; CHAT_EMALFORMED for anything but a
 * header of TCP over IPv4 or IPv6; or what stream_take() returns.
 */
int proxy_read(int fd, int64_t deadline, struct source *source, bool *named);

#endif
