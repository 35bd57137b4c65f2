/* The names in a folder of the spool. */
#ifndef SENDER_KEEP_NAMES_H
#define SENDER_KEEP_NAMES_H

#include "sender/keep/queue.h"

struct names {
	char (*list)[SIZE_LONG_NAME]; /* in order; free it with names_free() */
	size_t count;
	int64_t bytes; /* of these files */
};

/*
 * Reads the names that `wanted` accepts. Returns 0; CHAT_EIO with errno set;
 * CHAT_EINTERNAL if there is no memory.
 */
int names_read(
    int folder, bool (*wanted)(const char *name), struct names *names);
void names_free(struct names *names);

/*
 * Whether a message waits in the folder of a queue. If that cannot be read, one
 * does; damaged files do not count.
 */
bool names_any_letter(int folder);

#endif
