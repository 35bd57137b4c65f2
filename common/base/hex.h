/* Lower-case hexadecimal. */
#ifndef COMMON_BASE_HEX_H
#define COMMON_BASE_HEX_H

#include <stddef.h>
#include <stdint.h>

/* Writes 2 * len digits and a NUL. */
void hex_encode(const uint8_t *data, size_t len, char *hex);

/*
 * Reads 2 * len digits, whatever follows them. Looks at nothing behind the
 * first character that is none. Returns 0 or CHAT_EMALFORMED.
 */
int hex_decode(const char *hex, uint8_t *data, size_t len);

#endif
