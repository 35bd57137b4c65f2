/* Connecting to a recipient. */
#ifndef SENDER_CONNECT_H
#define SENDER_CONNECT_H

#include <stdbool.h>
#include <stdint.h>

#include "sender/delivery.h"
#include "sender/notice.h"

/*
 * Connects to the endpoint. Tries the addresses of its host one after another,
 * each for its share of the time until the deadline (in clock_now_ms() time).
 * family is AF_INET, AF_INET6, or AF_UNSPEC for both. If this takes long, gives
 * the notice. Returns SEND_OK with *fd connected, which is non-blocking, and
 * address set to its numeric address. Returns another status with reason filled
 * in: it names the most informative failure first, then those that differ.
 */
enum send_exit connect_to(const struct endpoint *endpoint, int family,
    int64_t deadline, struct notice *notice, int *fd,
    char address[SIZE_ADDRESS], char reason[SIZE_WHY]);

#endif
