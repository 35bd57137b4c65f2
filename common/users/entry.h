/* One entry of the user directory. chat-users(5). */
#ifndef COMMON_USERS_ENTRY_H
#define COMMON_USERS_ENTRY_H

#include <stdbool.h>
#include <stdint.h>

#include "common/users/json.h"

/* The contents of an entry. */
struct entry {
	struct json_text name, password, host;
	uint16_t port;      /* 1 to 65535 */
	unsigned long line; /* where the entry starts, counted from 1 */
};

/*
 * Reads and checks the object at json->next, and moves behind it. Returns 0, or
 * CHAT_EDIRECTORY with the fault filled in, which never quotes a password. In
 * both cases the caller calls entry_close(), which frees the entry, and wipes
 * it if json_set_up() was called.
 */
int entry_read(struct json *json, struct entry *entry);

void entry_close(struct entry *entry);

/* Returns whether this is one of the four keys of an entry. */
bool entry_has_key(const struct json_text *text);

/*
 * Returns whether len bytes are a valid password: 1 to LIMIT_PASSWORD bytes of
 * UTF-8 without control characters.
 */
bool password_valid(const char *password, size_t len);

#endif
