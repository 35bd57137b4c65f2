/*
 * libcrypto, prepared in two steps: what the first frame needs; then what would
 * not be possible in the sandbox. The second step happens while the other side
 * works on its answer.
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
 * Do the first and the second step, unless that was done. A process that forks
 * several attempts does both first, and the attempts inherit the result. After
 * both, a sandboxed process can use *crypto. Return 0 or CHAT_EINTERNAL.
 */
int crypto_start(struct crypto *crypto);
int crypto_complete(struct crypto *crypto);

#endif
