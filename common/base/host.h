/* Where somebody is: the one reader of addresses and host names. */
#ifndef COMMON_BASE_HOST_H
#define COMMON_BASE_HOST_H

#include <stddef.h>
#include <stdint.h>

enum host_kind { HOST_IP4, HOST_IP6, HOST_NAME };

/*
 * Whether these len bytes say where somebody can be reached: what is all
 * digits and dots is an IPv4 address, four numbers without leading zeros;
 * with a colon, an IPv6 address, with %interface where it is link-local; else
 * a host name of at most LIMIT_HOST bytes, in labels of at most 63 letters,
 * digits, - and _, which does not end in a number. Returns 0 with the kind
 * filled in, or CHAT_EMALFORMED with *fault set to what is wrong, in words.
 */
int host_read(
    const char *text, size_t len, enum host_kind *kind, const char **fault);

#endif
