/*
 * Separate memory for messages and passwords, so that a look-up has none of it.
 */
#ifndef SENDER_VAULT_H
#define SENDER_VAULT_H

#include "sender/delivery.h"

struct vault {
	struct delivery deliveries[MOST_RECIPIENTS];
	struct text text;
};

/*
 * Allocates the vault, all zero, once. Returns NULL with errno set if it
 * cannot.
 */
struct vault *vault_open(void);

/*
 * Processes forked from now on do not inherit the vault. Without a vault, does
 * nothing. Returns 0, or CHAT_EIO with errno set.
 */
int vault_lock(void);

#endif
