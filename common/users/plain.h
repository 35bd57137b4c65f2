/*
 * Entries of the user directory that are spelled plainly, which is how
 * programs and most people write them. They are a subset of what chat-users(5)
 * allows, small enough to be read at once, without a tree and a copy.
 */
#ifndef COMMON_USERS_PLAIN_H
#define COMMON_USERS_PLAIN_H

#include "common/users/entry.h"

/*
 * Reads an object that starts at *next. Returns true when it is plain and all
 * right: the four keys once each and no other, strings of printable ASCII
 * without escapes, values within their rules. *next is then behind it, *line
 * has counted its lines, and the entry points into it. False says nothing
 * about the object but that it takes more to judge it; *next and *line stay.
 */
bool plain_entry(const char **next, const char *end, unsigned long *line,
    struct entry *entry);

#endif
