/* Delivery: a connection, a handshake, one text, its receipt. */
#ifndef SENDER_DELIVER_H
#define SENDER_DELIVER_H

#include "sender/delivery.h"

/* Returns the maximum number of seconds that deliver_once() takes. */
unsigned deliver_most_s(const struct delivery *delivery);

/*
 * Makes one delivery and fills in *outcome. Wipes each password
 * of the destination after its last use, and the text once it is encrypted.
 * After the connection the process confines itself: it can only use that
 * connection, `result_fd` (a descriptor, or -1) and standard output and error.
 * If the delivery is ahead, its text leaves once `result_fd` has a byte.
 * So it should end soon. An alarm ends it after deliver_most_s() seconds.
 * Returns the new number of `result_fd`, or -1.
 */
int deliver_once(
    struct delivery *delivery, int result_fd, struct outcome *outcome);

#endif
