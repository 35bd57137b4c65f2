/* The one parser of addresses and host names. */
#ifndef COMMON_BASE_HOST_H
#define COMMON_BASE_HOST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum host_kind { HOST_IP4, HOST_IP6, HOST_NAME };

/*
 * Checks that len bytes of text are one of these:
 * - only digits and dots: an IPv4 address, four numbers without leading zeros;
 * - with a colon: an IPv6 address, with %interface if it is link-local;
 * - else a host name of at most LIMIT_HOST bytes: labels of at most 63 letters,
 *   digits, - and _, the last of which is not a number.
 * 0.0.0.0 and :: are none, as nobody can be reached there. Returns 0 with *kind
 * set, or CHAT_EMALFORMED with *fault set to a sentence that says what is
 * wrong, a constant string.
 */
int host_read(
    const char *text, size_t len, enum host_kind *kind, const char **fault);

/*
 * Reads len bytes of text that are an address in one of these forms, but
 * without an interface; 0.0.0.0 and :: are taken too. `address` is set to its
 * 16 bytes; an IPv4 address becomes an IPv4-mapped one. Returns 0 with *kind
 * set, or CHAT_EMALFORMED with *fault set as above.
 */
int host_read_address(const char *text, size_t len, uint8_t address[16],
    enum host_kind *kind, const char **fault);

/*
 * Whether a name stands for the loopback addresses of the host that uses it, so
 * that nobody has to be asked (RFC 6761, 6.3).
 */
bool host_is_localhost(const char *name);

#endif
