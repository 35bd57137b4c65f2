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
 * Reads the directory for a message. Returns what would be sent, for carry()
 * and for a report; it is valid until the next call. Sets *outcome, to SEND_OK
 * if an attempt can be made. If the directory cannot be read in time, the
 * process ends with SEND_TEMPORARY.
 */
struct delivery *carry_load(const struct letter *letter, const char *text,
    size_t len, struct outcome *outcome);

/* Makes an attempt in a process of its own with what was loaded. */
void carry(struct outcome *outcome);

#endif
