/* The grammar of user names. */
#ifndef COMMON_BASE_NAME_H
#define COMMON_BASE_NAME_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Whether these len bytes are a user name: 1 to LIMIT_NAME bytes of
 * A-Z a-z 0-9 . _ - @ +, the first a letter, a digit or _. Such a name is
 * safe to print anywhere. chat-users(5).
 */
bool name_valid(const char *name, size_t len);

/* The same for one that ends with NUL, in a field of LIMIT_NAME + 1 bytes. */
bool name_field_valid(const void *field);

#endif
