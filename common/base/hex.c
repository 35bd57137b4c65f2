/* Lower-case hexadecimal. */
#include "common/base/hex.h"

#include "common/base/error.h"

/* Neither looks up a table nor branches: some of the input is secret. */
static char
digit_of(unsigned value)
{
	unsigned above_nine = (9 - value) >> 8; /* all ones, or zero */

	return (char)('0' + value + (above_nine & ('a' - '9' - 1)));
}

void
hex_encode(const uint8_t *data, size_t len, char *hex)
{
	for (size_t i = 0; i < len; i++) {
		hex[2 * i] = digit_of(data[i] >> 4);
		hex[2 * i + 1] = digit_of(data[i] & 15);
	}
	hex[2 * len] = '\0';
}

static int
value_of(char digit)
{
	if (digit >= '0' && digit <= '9')
		return digit - '0';
	if (digit >= 'a' && digit <= 'f')
		return digit - 'a' + 10;
	return -1;
}

int
hex_decode(const char *hex, uint8_t *data, size_t len)
{
	int high, low;

	for (size_t i = 0; i < len; i++) {
		if ((high = value_of(hex[2 * i])) < 0 ||
		    (low = value_of(hex[2 * i + 1])) < 0)
			return CHAT_EMALFORMED;
		data[i] = (uint8_t)(high << 4 | low);
	}
	return CHAT_OK;
}
