/* The ids of the last messages that were shown, so that a retry is not. */
#ifndef LISTENER_MEMORY_H
#define LISTENER_MEMORY_H

#include <stdbool.h>

#include "common/suite.h"

#define MEMORY_MESSAGES 65536 /* how many messages back it reaches */

struct memory; /* about 2 MB when full */

/* NULL when there is no memory. free(3) ends it: it holds no secret. */
struct memory *memory_open(void);

/*
 * Whether this sender's message of this id was shown among the last
 * MEMORY_MESSAGES. Sets *seen. Returns 0 or CHAT_EINTERNAL.
 */
int memory_knows(const struct memory *memory, const struct suite *suite,
    const char *from, const uint8_t id[SIZE_ID], bool *seen);

/* Remembers one, and forgets the oldest. Returns 0 or CHAT_EINTERNAL. */
int memory_add(struct memory *memory, const struct suite *suite,
    const char *from, const uint8_t id[SIZE_ID]);

#endif
