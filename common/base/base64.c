/* Base64: libcrypto encodes; this file decodes, because it has to be strict. */
#include "common/base/base64.h"

#include <openssl/evp.h>

#include "common/base/error.h"

size_t
base64_encode(const uint8_t *data, size_t len, char *text)
{
	return (size_t)EVP_EncodeBlock((unsigned char *)text, data, (int)len);
}

/* Returns the six bits of a character, or all ones for any other character. */
static uint32_t
bits_of(char c)
{
	/*
	 * Each value is stored plus one, so that 0 means "not in the alphabet".
	 * Formatted, each number would have a line of its own.
	 */
	/* clang-format off */
	static const uint8_t above[256] = {
	    ['A'] = 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13,
		14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26,
	    ['a'] = 27, 28, 29, 30, 31, 32, 33, 34, 35, 36, 37, 38, 39,
		40, 41, 42, 43, 44, 45, 46, 47, 48, 49, 50, 51, 52,
	    ['0'] = 53, 54, 55, 56, 57, 58, 59, 60, 61, 62,
	    ['+'] = 63,
	    ['/'] = 64,
	};
	/* clang-format on */

	return (uint32_t)above[(uint8_t)c] - 1;
}

/* Decodes four characters; the last `padding` of them are "=". */
static int
decode_four(const char *text, size_t padding, uint8_t *data)
{
	uint32_t bits = bits_of(text[0]) << 18 | bits_of(text[1]) << 12 |
	    (padding < 2 ? bits_of(text[2]) << 6 : 0) |
	    (padding < 1 ? bits_of(text[3]) : 0);

	/*
	 * Above bit 23: a character outside of the alphabet. Below: bits that
	 * belong to no byte.
	 */
	if (bits >> 24 != 0 || (bits & ((1U << 8 * padding) - 1)) != 0)
		return CHAT_EMALFORMED;
	data[0] = (uint8_t)(bits >> 16);
	if (padding < 2)
		data[1] = (uint8_t)(bits >> 8);
	if (padding < 1)
		data[2] = (uint8_t)bits;
	return CHAT_OK;
}

int
base64_decode(
    const char *text, size_t len, uint8_t *data, size_t size, size_t *data_len)
{
	size_t padding = 0;

	*data_len = 0;
	if (len == 0)
		return CHAT_OK;
	if (len % 4 != 0)
		return CHAT_EMALFORMED;
	while (padding < 2 && text[len - 1 - padding] == '=')
		padding++;
	if (len / 4 * 3 - padding > size)
		return CHAT_EMALFORMED;
	for (size_t i = 0; i < len / 4; i++)
		if (decode_four(text + 4 * i, i + 1 < len / 4 ? 0 : padding,
			data + 3 * i) != 0)
			return CHAT_EMALFORMED;
	*data_len = len / 4 * 3 - padding;
	return CHAT_OK;
}
