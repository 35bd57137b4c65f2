/* Memory of its own for messages and passwords: a look-up is to have none. */
#ifndef SENDER_VAULT_H
#define SENDER_VAULT_H

#include "sender/delivery.h"

struct vault {
	struct delivery deliveries[MOST_RECIPIENTS];
	struct text text;
};

/* Makes it, all zero, once. Returns NULL with errno set when it cannot. */
struct vault *vault_open(void);

/*
 * No process that is forked from here on has it: there it is not mapped.
 * Without a vault there is nothing to do. Returns 0, or CHAT_EIO with errno
 * set.
 */
int vault_lock(void);

#endif
