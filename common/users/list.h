/* The list of entries that a user directory is. chat-users(5). */
#ifndef COMMON_USERS_LIST_H
#define COMMON_USERS_LIST_H

#include "common/users/entry.h"

/*
 * Reads len bytes, and hands over one entry after another, which is gone when
 * `take` returns. Returns 0; CHAT_EDIRECTORY with the fault filled in when
 * this is not a list of entries; or what `take` returns when that is not 0.
 */
typedef int list_taker(
    const struct entry *entry, void *arg, struct fault *fault);
int list_read(const char *bytes, size_t len, list_taker *take, void *arg,
    struct fault *fault);

#endif
