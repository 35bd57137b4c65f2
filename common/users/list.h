/* The list of entries in a user directory. chat-users(5). */
#ifndef COMMON_USERS_LIST_H
#define COMMON_USERS_LIST_H

#include "common/users/entry.h"

/*
 * Reads len bytes and calls `take` for one entry after another; the entry is
 * wiped and freed when take returns. Returns 0; CHAT_EDIRECTORY with *fault
 * filled in if this is not a list of entries; or what take returned if that was
 * not 0.
 */
typedef int list_taker(
    const struct entry *entry, void *arg, struct fault *fault);
int list_read(const char *bytes, size_t len, list_taker *take, void *arg,
    struct fault *fault);

#endif
