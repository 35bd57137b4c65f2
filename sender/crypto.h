/*
 * libcrypto, made ready in two steps: what the first frame takes; and what a
 * sandbox would not allow later, for which there is time while the other side
 * works on the answer.
 */
#ifndef SENDER_CRYPTO_H
#define SENDER_CRYPTO_H

#include <stdbool.h>

#include "common/chat1/spake2.h"
#include "common/chat1/suite.h"

struct crypto {
	bool started, completed;
	struct suite suite;
	struct spake2 *spake2;
};

/*
 * Each does its step unless it was done. A process that forks several attempts
 * does both first, and its children inherit them. After the second, nothing is
 * left that a sandbox would not allow. Return 0 or CHAT_EINTERNAL.
 */
int crypto_start(struct crypto *crypto);
int crypto_complete(struct crypto *crypto);

#endif
