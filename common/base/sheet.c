/* Laying out text that a stranger wrote. */
#include "common/base/sheet.h"

#include <ctype.h>
#include <string.h>
#include <wchar.h>

#include "common/base/text.h"

#define INDENT "    "
#define INDENT_LEN (sizeof(INDENT) - 1)
#define TAB 8
#define LAST_PLAIN 0x7e  /* the last ASCII character that needs no escape */
#define LEAST_COLUMNS 20 /* a narrower terminal gets no wrapping */

static void
put_bytes(struct sheet *sheet, const char *bytes, size_t len)
{
	memcpy(sheet->out + sheet->len, bytes, len);
	sheet->len += len;
}

void
sheet_put(struct sheet *sheet, const char *string)
{
	put_bytes(sheet, string, strlen(string));
}

/* Starts a new line for the rest of a text. */
static void
put_break(struct sheet *sheet)
{
	sheet_put(sheet, "\n" INDENT);
	sheet->column = INDENT_LEN;
	sheet->loose = false;
}

static size_t
tab_stop(size_t column)
{
	return column - column % TAB + TAB;
}

/* Starts a new line if the next `width` columns do not fit. */
static void
advance(struct sheet *sheet, size_t width)
{
	if (sheet->columns != 0 && !sheet->loose &&
	    sheet->column + width > sheet->columns)
		put_break(sheet);
	sheet->column += width;
}

/*
 * Whether a character may be wide on some terminal: East Asian Ambiguous
 * characters of any version, symbols that may be emoji, private use, CJK as
 * Linux's console has it. These are whole blocks, because an error costs
 * little.
 */
static bool
may_be_wide(int32_t c)
{
	static const struct {
		int32_t first, last;
	} ranges[] = {
	    {0xa1, 0x2ff},       /* Latin, phonetic */
	    {0x370, 0x451},      /* Greek, Cyrillic */
	    {0x2010, 0x2bff},    /* punctuation, symbols, arrows, boxes */
	    {0x2e80, 0xa4cf},    /* CJK, kana, hexagrams, Yi */
	    {0xe000, 0xfaff},    /* private use, CJK */
	    {0xfe10, 0xfe6f},    /* vertical and small forms */
	    {0xff00, 0xff60},    /* fullwidth forms */
	    {0xffe0, 0xffff},    /* fullwidth signs, U+FFFD */
	    {0x16fe0, 0x1b2ff},  /* Tangut, Khitan, kana */
	    {0x1d300, 0x1d37f},  /* Tai Xuan Jing, counting rods */
	    {0x1f000, 0x10ffff}, /* pictographs, regional indicators, CJK */
	};

	for (size_t i = 0; i < sizeof(ranges) / sizeof(ranges[0]); i++)
		if (c >= ranges[i].first && c <= ranges[i].last)
			return true;
	return false;
}

/*
 * Returns the largest number of columns that a terminal gives to a character.
 * An unknown character may take two. A combining character takes none where it
 * is combined, but Linux's console gives it one.
 */
static size_t
width_of(int32_t c)
{
	int width = wcwidth((wchar_t)c);

	return (width == 0 || width == 1) && !may_be_wide(c) ? 1 : 2;
}

/* \x1b or \u{202e} */
static void
put_escape(struct sheet *sheet, int32_t c)
{
	char escape[SIZE_ESCAPE];

	advance(sheet, text_escape(c, escape));
	sheet_put(sheet, escape);
}

/* A character of a text, with its neighbours. */
struct character {
	int32_t before, c, after; /* -1 if there is none */
	const char *bytes;
	size_t len;
};

static bool
is_readable(const struct sheet *sheet, const struct character *it)
{
	return it->c <= LAST_PLAIN || sheet->utf8;
}

static bool
is_escaped(const struct sheet *sheet, const struct character *it)
{
	return !is_readable(sheet, it) ||
	    (text_is_unsafe(it->c) &&
		!text_joins(it->before, it->c, it->after));
}

/* Whether c separates words. A newline does too. */
static bool
is_blank(int32_t c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == -1;
}

/*
 * Takes the next character off the front of *p. On the call *it is the previous
 * one. Returns false at the end.
 */
static bool
take(const char **p, const char *end, struct character *it)
{
	const char *next;

	it->before = it->c;
	it->bytes = *p;
	if (*p == end || (it->c = text_next(p, end)) == -1)
		return false; /* text_check() has excluded it */
	it->len = (size_t)(*p - it->bytes);
	next = *p;
	it->after = next < end ? text_next(&next, end) : -1;
	return true;
}

/*
 * Returns the columns of the word that starts at p. `it` is the character
 * before it.
 */
static size_t
measure(const struct sheet *sheet, const char *p, const char *end,
    struct character it)
{
	char escape[SIZE_ESCAPE];
	size_t width = 0;

	while (width <= sheet->columns && take(&p, end, &it) && !is_blank(it.c))
		width += is_escaped(sheet, &it) ? text_escape(it.c, escape)
						: width_of(it.c);
	return width;
}

/* Whether the word that starts at p is a web address, as in RFC 3986. */
static bool
is_link(const char *p, const char *end)
{
	const char *colon = p;

	while (colon < end &&
	    (isalnum((unsigned char)*colon) || strchr("+-.", *colon) != NULL))
		colon++;
	if (colon == p || end - colon < 3 || memcmp(colon, "://", 3) != 0)
		return false;
	while (p < end && *p > ' ' && *p <= LAST_PLAIN)
		p++;
	return p == end || is_blank(*p);
}

/*
 * Called before the word that starts at p. Starts a new line if the word does
 * not fit on this line but on the next. A link longer than a line is not
 * broken.
 */
static void
make_room(struct sheet *sheet, const char *p, const char *end,
    const struct character *before)
{
	size_t width;

	if (sheet->columns == 0)
		return;
	width = measure(sheet, p, end, *before);
	if (sheet->column + width <= sheet->columns)
		return;
	if (INDENT_LEN + width <= sheet->columns)
		put_break(sheet);
	else
		sheet->loose = is_link(p, end);
}

/* Puts a blank, or a new line instead if the next word does not fit. */
static void
put_blank(struct sheet *sheet, const struct character *it, const char *p,
    const char *end)
{
	size_t column =
	    it->c == '\t' ? tab_stop(sheet->column) : sheet->column + 1;
	size_t width = sheet->columns == 0 || is_blank(it->after)
	    ? 0
	    : measure(sheet, p, end, *it);
	bool fits = sheet->columns == 0 || column + width <= sheet->columns;
	bool fits_below = INDENT_LEN + width <= sheet->columns;

	if (!fits && (fits_below || column > sheet->columns)) {
		put_break(sheet);
		return;
	}
	sheet->column = column;
	put_bytes(sheet, it->bytes, it->len);
}

void
sheet_wrap(struct sheet *sheet, size_t columns, size_t header)
{
	if (columns < LEAST_COLUMNS)
		return;
	sheet->columns = columns;
	sheet->column = (header - 1) % sheet->columns + 1;
}

void
sheet_put_text(struct sheet *sheet, const char *text, size_t len)
{
	const char *p = text, *end = p + len;
	struct character it = {.c = -1};

	while (take(&p, end, &it)) {
		if (!is_blank(it.c) && is_blank(it.before))
			make_room(sheet, it.bytes, end,
			    &(struct character){.c = it.before});
		if (it.c == '\n' && sheet->lines)
			put_break(sheet);
		else if (it.c == '\n')
			put_bytes(sheet, "\\n", 2);
		else if (is_blank(it.c))
			put_blank(sheet, &it, p, end);
		else if (is_escaped(sheet, &it))
			put_escape(sheet, it.c);
		else {
			advance(sheet, width_of(it.c));
			put_bytes(sheet, it.bytes, it.len);
		}
	}
}
