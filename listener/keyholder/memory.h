/*
 * The last messages that were shown, so that a retry is not, and so that an
 * id stands for one text only.
 */
#ifndef LISTENER_KEYHOLDER_MEMORY_H
#define LISTENER_KEYHOLDER_MEMORY_H

#include <stdbool.h>

#include "common/chat1/suite.h"

#define MEMORY_MESSAGES 65536 /* how many messages back it reaches */
#define SIZE_MARK 16

struct memory; /* about 4 MB when full */

/*
 * What is kept of a message: hashes under a key that only this memory has, so
 * that no sender can choose them.
 */
struct mark {
	uint8_t id[SIZE_MARK];   /* of its sender and its id */
	uint8_t text[SIZE_MARK]; /* of that and its text */
};

/* What is remembered of an id. */
enum recall {
	RECALL_NOTHING,
	RECALL_SAME,  /* it was shown, with this text */
	RECALL_OTHER, /* another text was shown under it */
};

/*
 * NULL when there is no memory, or nothing random to be had. free(3) ends it:
 * its key is good for nothing else.
 */
struct memory *memory_open(void);

/*
 * The mark of a message: who has proven to have sent it (senders who are not
 * listed are apart from those who are, whatever their names), its id, and
 * H(text). Returns 0 or CHAT_EINTERNAL.
 */
int memory_mark(const struct memory *memory, const struct suite *suite,
    const char *from, bool listed, const uint8_t id[SIZE_ID],
    const uint8_t digest[SIZE_HASH], struct mark *mark);

/* What is known of it, among the last MEMORY_MESSAGES that were shown. */
enum recall memory_recall(const struct memory *memory, const struct mark *mark);

/* Remembers one whose id is not known, and forgets the oldest. */
void memory_add(struct memory *memory, const struct mark *mark);

#endif
