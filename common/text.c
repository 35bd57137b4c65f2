/* UTF-8, and which of its characters are safe to show. */
#include "common/text.h"

#include "common/error.h"
#include "common/limits.h"

int32_t
text_next(const char **p, const char *end)
{
	static const int32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
	const uint8_t *s = (const uint8_t *)*p;
	int32_t c = s[0];
	long len = c < 0x80 ? 1
	    : c < 0xc2      ? 0
	    : c < 0xe0      ? 2
	    : c < 0xf0      ? 3
	    : c < 0xf5      ? 4
			    : 0;

	if (len == 0 || end - *p < len)
		return -1;
	if (len > 1)
		c &= 0x7f >> len;
	for (long i = 1; i < len; i++) {
		if ((s[i] & 0xc0) != 0x80)
			return -1;
		c = c << 6 | (s[i] & 0x3f);
	}
	if (c < least[len] || c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff))
		return -1;
	*p += len;
	return c;
}

int
text_check(const char *text, size_t len)
{
	const char *end = text + len;

	if (len == 0)
		return CHAT_ETEXT;
	if (len > LIMIT_TEXT)
		return CHAT_ETOOLONG;
	while (text < end)
		if (text_next(&text, end) <= 0)
			return CHAT_ETEXT;
	return CHAT_OK;
}

bool
text_is_utf8(const char *text, size_t len)
{
	const char *end = text + len;

	while (text < end)
		if (text_next(&text, end) < 0)
			return false;
	return true;
}

bool
text_is_unsafe(int32_t code_point)
{
	/*
	 * Unicode 14.0: categories Cc, Cf, Zl and Zp, and the property
	 * Default_Ignorable_Code_Point; but for tab.
	 */
	static const struct {
		int32_t first, last;
	} ranges[] = {
	    {0x0, 0x8},     /* C0 up to, */
	    {0xa, 0x1f},    /* and after, tab */
	    {0x7f, 0x9f},   /* DEL and C1 */
	    {0xad, 0xad},   /* soft hyphen */
	    {0x34f, 0x34f}, /* combining grapheme joiner */
	    {0x600, 0x605}, /* signs in front of Arabic numbers */
	    {0x61c, 0x61c}, {0x6dd, 0x6dd}, {0x70f, 0x70f}, {0x890, 0x891},
	    {0x8e2, 0x8e2}, {0x115f, 0x1160}, /* Hangul fillers */
	    {0x17b4, 0x17b5},
	    {0x180b,
		0x180f}, /* Mongolian variation selectors, vowel separator */
	    {0x200b, 0x200f}, /* zero-width, and directional marks */
	    {0x2028, 0x202e}, /* separators, embeddings and overrides */
	    {0x2060, 0x206f}, /* invisible operators, isolates */
	    {0x3164, 0x3164}, /* Hangul filler */
	    {0xfe00, 0xfe0f}, /* variation selectors */
	    {0xfeff, 0xfeff}, /* zero-width no-break space */
	    {0xffa0, 0xffa0}, /* halfwidth Hangul filler */
	    {0xfff0, 0xfffb}, /* interlinear annotation */
	    {0x110bd, 0x110bd}, {0x110cd, 0x110cd}, {0x13430, 0x13438},
	    {0x1bca0, 0x1bca3}, {0x1d173, 0x1d17a},
	    {0xe0000, 0xe0fff}, /* tags, and more variation selectors */
	};

	for (size_t i = 0; i < sizeof(ranges) / sizeof(ranges[0]); i++)
		if (code_point >= ranges[i].first &&
		    code_point <= ranges[i].last)
			return true;
	return false;
}
