/* The grammar of user names. */
#ifndef COMMON_BASE_NAME_H
#define COMMON_BASE_NAME_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Returns whether len bytes of name are a user name as in chat-users(5): 1 to
 * LIMIT_NAME bytes of A-Z a-z 0-9 . _ - @ +, of which the first is a letter, a
 * digit or _. Such a name is safe to print anywhere.
 */
bool name_valid(const char *name, size_t len);

/*
 * The same for a name that ends with NUL, in a field of LIMIT_NAME + 1 bytes. A
 * field without a NUL has no valid name.
 */
bool name_field_valid(const void *field);

#endif
