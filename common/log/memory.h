/*
 * The last messages that were delivered: a retry must not be delivered again,
 * and an id must stand for one text only.
 */
#ifndef COMMON_LOG_MEMORY_H
#define COMMON_LOG_MEMORY_H

#include <stdbool.h>

#include "common/base/limits.h"
#include "common/chat1/suite.h"
#include "common/log/chain.h"

#define SIZE_MARK 16

struct memory; /* about 4 MB when full, and 3 MB more with a log */

/*
 * What is remembered of a message. Both are hashes with a secret key that only
 * this memory has, so that no sender can choose them.
 */
struct mark {
	uint8_t id[SIZE_MARK];   /* hash of sender and id */
	uint8_t text[SIZE_MARK]; /* hash of the above and the text */
};

/* What is known of an id. */
enum recall {
	RECALL_NOTHING,
	RECALL_SAME,  /* this text was delivered under it */
	RECALL_OTHER, /* another text was delivered under it */
};

/*
 * Makes an empty one. Returns NULL if it cannot be allocated or has no random
 * key. The caller frees it with free(3); its key needs no wiping.
 */
struct memory *memory_open(void);

/*
 * Computes the mark of a message from its proven sender, its id and H(text). A
 * listed sender and one who is not are different senders, even with the same
 * name. Returns 0 or CHAT_EINTERNAL.
 */
int memory_mark(const struct memory *memory, const struct suite *suite,
    const char *from, bool listed, const uint8_t id[SIZE_ID],
    const uint8_t digest[SIZE_HASH], struct mark *mark);

/*
 * Looks a mark up among the last MEMORY_MESSAGES that were delivered. If the id
 * is known and `behind` is not NULL, sets *behind to what memory_add() got.
 */
enum recall memory_recall(
    const struct memory *memory, const struct mark *mark, struct chain *behind);

/*
 * Remembers a mark whose id is not known yet, and forgets the oldest. `behind`
 * is the chain behind the line of the message, or NULL without a log.
 */
void memory_add(
    struct memory *memory, const struct mark *mark, const struct chain *behind);

#endif
