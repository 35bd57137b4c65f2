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
	static const struct {
		int32_t first, last;
	} ranges[] = {
	    {0x00, 0x08},       /* C0 up to, */
	    {0x0a, 0x1f},       /* and after, tab */
	    {0x7f, 0x9f},       /* DEL and C1 */
	    {0xad, 0xad},       /* soft hyphen */
	    {0x61c, 0x61c},     /* arabic letter mark */
	    {0x180e, 0x180e},   /* mongolian vowel separator */
	    {0x200b, 0x200f},   /* zero-width, and directional marks */
	    {0x2028, 0x202e},   /* separators, embeddings and overrides */
	    {0x2060, 0x206f},   /* invisible operators, isolates */
	    {0xfeff, 0xfeff},   /* zero-width no-break space */
	    {0xfff9, 0xfffb},   /* interlinear annotation */
	    {0xe0000, 0xe007f}, /* tags */
	};

	for (size_t i = 0; i < sizeof(ranges) / sizeof(ranges[0]); i++)
		if (code_point >= ranges[i].first &&
		    code_point <= ranges[i].last)
			return true;
	return false;
}
