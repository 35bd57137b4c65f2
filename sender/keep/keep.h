/*
 * Option -s of chat-send: each message is on the disk before its first attempt,
 * and stays there until it is delivered. Without -s, these do nothing.
 */
#ifndef SENDER_KEEP_KEEP_H
#define SENDER_KEEP_KEEP_H

#include "sender/delivery.h"

/* Call it first. *options must stay valid. */
void keep_start(const struct options *options);

/* Whether -s is used. */
bool keep_is_wanted(void);

/*
 * Whether a failure with this status may pass, or be mended, so that the
 * message is kept.
 */
bool keep_takes(enum send_exit status);

/*
 * Keeps a new message for this recipient, 0 to MOST_RECIPIENTS - 1. Returns
 * whether to make an attempt. There is none if others wait for the recipient,
 * or are being delivered: then *outcome has SEND_KEPT. If the message cannot be
 * kept, there is an attempt all the same.
 */
bool keep_before(
    size_t recipient, struct delivery *delivery, struct outcome *outcome);

/*
 * Call it before each attempt: if it has another id, that is kept too. Returns
 * false with *outcome set if this is not possible.
 */
bool keep_again(
    size_t recipient, const struct delivery *delivery, struct outcome *outcome);

/*
 * Call it with the outcome of the message. If it was delivered, or can never
 * be, it is removed. Otherwise *outcome gets SEND_KEPT, or SEND_IO if the
 * message could not be kept.
 */
void keep_after(
    size_t recipient, struct delivery *delivery, struct outcome *outcome);

#endif
