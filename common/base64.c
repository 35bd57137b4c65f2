/* Base64 on libcrypto's one-shot functions. */
#include "common/base64.h"

#include <openssl/evp.h>

#include "common/error.h"

size_t
base64_encode(const uint8_t *data, size_t len, char *text)
{
	return (size_t)EVP_EncodeBlock((unsigned char *)text, data, (int)len);
}

int
base64_decode(
    const char *text, size_t len, uint8_t *data, size_t size, size_t *data_len)
{
	size_t padding = 0;

	*data_len = 0;
	if (len == 0)
		return CHAT_OK;
	if (len % 4 != 0 || len / 4 * 3 > size)
		return CHAT_EMALFORMED;
	while (padding < 2 && text[len - 1 - padding] == '=')
		padding++;
	if (EVP_DecodeBlock(data, (const unsigned char *)text, (int)len) !=
	    (int)(len / 4 * 3))
		return CHAT_EMALFORMED;
	*data_len = len / 4 * 3 - padding;
	return CHAT_OK;
}
