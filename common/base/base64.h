/* Base64 with padding, RFC 4648 section 4. */
#ifndef COMMON_BASE_BASE64_H
#define COMMON_BASE_BASE64_H

#include <stddef.h>
#include <stdint.h>

/*
 * Writes len bytes of data as SIZE_BASE64(len) characters and a NUL into text.
 * Returns the number of characters, without the NUL.
 */
size_t base64_encode(const uint8_t *data, size_t len, char *text);

/*
 * Decodes len characters of text into data, which has room for size bytes, and
 * sets *data_len to the number of bytes written. The text must be exactly what
 * base64_encode() makes of those bytes. Returns 0, or CHAT_EMALFORMED with
 * *data_len set to 0.
 */
int base64_decode(
    const char *text, size_t len, uint8_t *data, size_t size, size_t *data_len);

#endif
