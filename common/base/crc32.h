/*
 * CRC-32 as zlib and ISO 3309 have it. Ours, because it is twenty lines and
 * one more shared library costs every chat-send more time to load than the
 * sum over the longest frame takes.
 */
#ifndef COMMON_BASE_CRC32_H
#define COMMON_BASE_CRC32_H

#include <stddef.h>
#include <stdint.h>

/* The sum of what came before, which starts as 0, and of len bytes more. */
uint32_t crc32_add(uint32_t before, const char *data, size_t len);

#endif
