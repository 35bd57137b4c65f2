/* Getting a connection to a recipient. */
#ifndef SENDER_CONNECT_H
#define SENDER_CONNECT_H

#include <stdbool.h>
#include <stdint.h>

#include "sender/delivery.h"
#include "sender/notice.h"

/*
 * Tries the addresses of the host in their order, each for its share of the
 * time until the deadline (in clock_now_ms() time). The notice is for whoever
 * waits, when that takes long. *fd is then non-blocking, and address says
 * to which one, in numbers. Returns SEND_OK; else with the reason for it: that
 * of the failure that tells most, and the others behind it if they differ.
 */
enum send_exit connect_to(const struct endpoint *endpoint, int family,
    int64_t deadline, struct notice *notice, int *fd,
    char address[SIZE_ADDRESS], char reason[SIZE_WHY]);

#endif
