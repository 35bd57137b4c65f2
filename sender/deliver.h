/* Delivery: a connection, a handshake, one text, its receipt. */
#ifndef SENDER_DELIVER_H
#define SENDER_DELIVER_H

#include "sender/delivery.h"

/*
 * Seconds that a delivery takes at most, with this timeout_s, or 0 for the
 * default: the time for the connection and the proofs, that for the receipt,
 * and some to say how it went.
 */
unsigned deliver_most_s(unsigned timeout_s);

/*
 * Delivers, once. Wipes the passwords of the destination, and the text once it
 * is sealed. Once connected, the
 * process gives up all rights but to talk on that connection, on report (-1
 * for none) and on standard output and error, and so can do little else
 * afterwards but end. An alarm ends it when all its time is over. Returns
 * where to write to what report was.
 */
int deliver_once(
    struct delivery *delivery, int report, struct outcome *outcome);

#endif
