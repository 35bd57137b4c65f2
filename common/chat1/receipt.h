/*
 * The payload of an ack: where the listener has recorded the message.
 * chat-protocol(7), ACK.
 */
#ifndef COMMON_CHAT1_RECEIPT_H
#define COMMON_CHAT1_RECEIPT_H

#include "common/chat1/keys.h"

/* All zero if the listener keeps no log. */
struct receipt {
	uint64_t seq; /* number of messages in the log, ours included */
	uint8_t head[SIZE_HASH]; /* H(line of our message), LF included */
};

/* Length of an encrypted receipt in bytes: 8 + 32, padded. */
#define RECEIPT_LEN 48

/*
 * Encrypts a receipt with the reply key of a session. A session does this once.
 * Returns 0 or CHAT_EINTERNAL.
 */
int receipt_seal(const struct suite *suite, const struct keys *keys,
    const struct receipt *receipt, uint8_t ciphertext[RECEIPT_LEN]);

/*
 * Decrypts a receipt of len bytes. Check the MAC first. Returns 0,
 * CHAT_EMALFORMED or CHAT_EINTERNAL.
 */
int receipt_open(const struct suite *suite, const struct keys *keys,
    const uint8_t *ciphertext, size_t len, struct receipt *receipt);

#endif
