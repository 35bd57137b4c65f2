/* Getting a connection to a destination. */
#ifndef SENDER_CONNECT_H
#define SENDER_CONNECT_H

#include <stddef.h>
#include <stdint.h>

#include "sender/destination.h"
#include "sender/options.h"

/*
 * Tries the addresses of the host in their order, each for its share of the
 * time until the deadline (in clock_now_ms() time). *fd is then non-blocking,
 * and address (size bytes) says to which one, in numbers. Returns SEND_OK;
 * else with the reason for it (reason_size bytes).
 */
enum send_exit connect_to(const struct destination *destination, int family,
    int64_t deadline, int *fd, char *address, size_t size, char *reason,
    size_t reason_size);

#endif
