/* One attempt to deliver a message of the spool. */
#ifndef SENDER_SPOOL_CARRY_H
#define SENDER_SPOOL_CARRY_H

#include "sender/delivery.h"
#include "sender/keep/letter.h"

/*
 * Prepares this process for attempts: memory for one message and its passwords,
 * and libcrypto. Returns 0, or CHAT_EIO or CHAT_EINTERNAL.
 */
int carry_open(void);

/*
 * Reads the directory, and makes an attempt in a process of its own. Returns
 * what was sent, for a report; it is valid until the next call. If the
 * directory cannot be read in time, the process ends with SEND_TEMPORARY.
 */
struct delivery *carry(const struct letter *letter, const char *text,
    size_t len, struct outcome *outcome);

#endif
