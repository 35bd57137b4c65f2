/* Getting a connection to a host and port. */
#ifndef SENDER_CONNECT_H
#define SENDER_CONNECT_H

#include <stddef.h>
#include <stdint.h>

/*
 * Tries the addresses of a host in their order, each for its share of the
 * time until the deadline (in stream_clock() time). *fd is then non-blocking,
 * and address (size bytes) says to which one, in numbers. Returns 0; else an
 * exit status of chat-send, with the reason for it (reason_size bytes).
 */
int connect_to(const char *host, uint16_t port, int family, int64_t deadline,
    int *fd, char *address, size_t size, char *reason, size_t reason_size);

#endif
