/* Lower-case hexadecimal. */
#ifndef COMMON_BASE_HEX_H
#define COMMON_BASE_HEX_H

#include <stddef.h>
#include <stdint.h>

/* Writes len bytes of data as 2 * len digits and a NUL into hex. */
void hex_encode(const uint8_t *data, size_t len, char *hex);

/*
 * Reads 2 * len digits from hex into data, which has room for len bytes.
 * Ignores what follows the digits, and reads nothing after the first character
 * that is not a digit. Returns 0 or CHAT_EMALFORMED.
 */
int hex_decode(const char *hex, uint8_t *data, size_t len);

#endif
