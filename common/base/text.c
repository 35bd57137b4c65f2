/* UTF-8, and which of its characters are safe to show. */
#include "common/base/text.h"

#include <errno.h>
#include <langinfo.h>
#include <locale.h>
#include <stdio.h>
#include <string.h>

#include "common/base/error.h"
#include "common/base/limits.h"
#include "common/base/unsafe.h"

#define LAST_ASCII 0x7f

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
	for (size_t i = 0; i < sizeof(unsafe) / sizeof(unsafe[0]); i++)
		if (code_point >= unsafe[i].first &&
		    code_point <= unsafe[i].last)
			return true;
	return false;
}

bool
text_joins(int32_t before, int32_t c, int32_t after)
{
	return (c == 0x200c || c == 0x200d) && before > LAST_ASCII &&
	    after > LAST_ASCII && !text_is_unsafe(before) &&
	    !text_is_unsafe(after);
}

/* Uses a locale object, so that the locale of the process does not change. */
bool
text_reader_has_utf8(void)
{
	int saved = errno; /* a message about errno may follow */
	locale_t locale = newlocale(LC_CTYPE_MASK, "", (locale_t)0);
	bool is_utf8 = false;

	if (locale != (locale_t)0) {
		is_utf8 = strcmp(nl_langinfo_l(CODESET, locale), "UTF-8") == 0;
		freelocale(locale);
	}
	errno = saved;
	return is_utf8;
}

size_t
text_escape(int32_t code_point, char escape[SIZE_ESCAPE])
{
	int len = snprintf(escape, SIZE_ESCAPE,
	    code_point <= LAST_ASCII ? "\\x%02x" : "\\u{%x}",
	    (unsigned)code_point);

	return (size_t)len;
}

static bool
is_ascii(const char *p, const char *end)
{
	while (p < end && (unsigned char)*p <= LAST_ASCII)
		p++;
	return p == end;
}

/*
 * Spells the character or the invalid byte that *p points to, and moves *p
 * behind it.
 */
static void
quote_next(const char **p, const char *end, bool utf8, char piece[SIZE_ESCAPE])
{
	const char *start = *p;
	int32_t c = text_next(p, end);

	if (c == -1) {
		(void)snprintf(
		    piece, SIZE_ESCAPE, "\\x%02x", (unsigned char)*(*p)++);
	} else if (text_is_unsafe(c) || (c > LAST_ASCII && !utf8)) {
		(void)text_escape(c, piece);
	} else {
		memcpy(piece, start, (size_t)(*p - start));
		piece[*p - start] = '\0';
	}
}

const char *
text_quote(const char *string, char quote[SIZE_QUOTE])
{
	static const char cut[] = "...";
	const char *p = string, *end = p + strlen(p);
	bool utf8 = !is_ascii(p, end) && text_reader_has_utf8();
	char piece[SIZE_ESCAPE];
	size_t len = 0, more;

	while (p < end) {
		quote_next(&p, end, utf8, piece);
		more = strlen(piece);
		if (len + more + sizeof(cut) > SIZE_QUOTE) {
			memcpy(quote + len, cut, sizeof(cut));
			return quote;
		}
		memcpy(quote + len, piece, more);
		len += more;
	}
	quote[len] = '\0';
	return quote;
}
