/*
 * CRC-32 as in zlib and ISO 3309. We have our own because it takes twenty
 * lines. Loading one more shared library would cost each chat-send more time
 * than this code needs for the longest frame.
 */
#ifndef COMMON_BASE_CRC32_H
#define COMMON_BASE_CRC32_H

#include <stddef.h>
#include <stdint.h>

/*
 * Adds len bytes of data to a checksum and returns the new one. `before` is the
 * checksum of the bytes before them: 0 at the start.
 */
uint32_t crc32_add(uint32_t before, const char *data, size_t len);

#endif
