/* Base64 with padding, RFC 4648 section 4. */
#ifndef COMMON_BASE_BASE64_H
#define COMMON_BASE_BASE64_H

#include <stddef.h>
#include <stdint.h>

/* Writes SIZE_BASE64(len) characters and a NUL; returns their number. */
size_t base64_encode(const uint8_t *data, size_t len, char *text);

/*
 * Decodes len characters into data, which has size bytes. Returns 0, or
 * CHAT_EMALFORMED and a length of 0 unless they are what base64_encode() makes
 * of the result.
 */
int base64_decode(
    const char *text, size_t len, uint8_t *data, size_t size, size_t *data_len);

#endif
