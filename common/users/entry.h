/* One entry of the user directory, as the file has it. chat-users(5). */
#ifndef COMMON_USERS_ENTRY_H
#define COMMON_USERS_ENTRY_H

#include <cJSON.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/users/scan.h"

/* What an entry says. The strings need not end with NUL. */
struct entry {
	const char *name, *password, *host;
	size_t name_len, password_len, host_len;
	uint16_t port; /* 1 to 65535 */
	cJSON *tree;   /* what the strings are in; NULL: in the file */
};

/*
 * Reads and checks the object at which the scan stands, and moves behind it.
 * Returns 0, or CHAT_EDIRECTORY with fault filled in, which never quotes a
 * password. Either way, entry_close() then frees what the entry has, wiped if
 * json_set_up() was called.
 */
int entry_read(struct scan *scan, struct entry *entry, struct fault *fault);

void entry_close(struct entry *entry);

/* Whether these bytes are a password: 1 to LIMIT_PASSWORD bytes of UTF-8
 * without control characters. */
bool password_valid(const char *password, size_t len);

#endif
