/* The names in the directory. Passwords never come here. */
#ifndef SENDER_CHAT_USERS_H
#define SENDER_CHAT_USERS_H

#include <stdbool.h>
#include <stddef.h>

#include "common/base/limits.h"

struct contact {
	const char *name;
	unsigned port;
};

/*
 * Reads the names anew, with chat-send -L. Returns 0, or the exit status of
 * chat-send after saying what is wrong; then the former names stay.
 */
int users_read(void);

/*
 * Whether the file has changed since it was read, and not since the last call:
 * so that nobody is still writing it.
 */
bool users_changed(void);

size_t users_count(void);
const struct contact *users_get(size_t i);
const struct contact *users_find(const char *name); /* or NULL */

/*
 * Chooses a user by a name, the number in the list from 1 on, or the beginning
 * of a name. Returns NULL after saying why there is none.
 */
const struct contact *users_choose(const char *typed);

#endif
