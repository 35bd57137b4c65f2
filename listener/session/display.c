/* How a message is shown. */
#include "listener/session/display.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <wchar.h>

#include "common/base/text.h"
#include "common/base/timestamp.h"
#include "common/log/record.h"

#define INDENT "    "
#define INDENT_LEN (sizeof(INDENT) - 1)
#define TAB 8
#define LATE_S 60        /* after this, a message shows when it was composed */
#define SIZE_LOCAL 48    /* bytes of a time in words */
#define LAST_PLAIN 0x7e  /* the last ASCII character that needs no escape */
#define LEAST_COLUMNS 20 /* a narrower terminal gets no wrapping */
#define BOLD "\033[1m"
#define PLAIN "\033[0m"

/* A buffer of SIZE_DISPLAY bytes, which is enough. */
struct sheet {
	char *out;
	size_t len;
	size_t column, columns; /* columns is 0 if the width is unknown */
	bool loose;             /* in a long link, which the terminal wraps */
};

static void
put(struct sheet *sheet, const char *bytes, size_t len)
{
	memcpy(sheet->out + sheet->len, bytes, len);
	sheet->len += len;
}

static void
put_string(struct sheet *sheet, const char *string)
{
	put(sheet, string, strlen(string));
}

/* Starts a new line for the rest of a text. */
static void
put_break(struct sheet *sheet)
{
	put_string(sheet, "\n" INDENT);
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
	put_string(sheet, escape);
}

/* A character of a text, with its neighbours. */
struct character {
	int32_t before, c, after; /* -1 if there is none */
	const char *bytes;
	size_t len;
};

static bool
is_readable(const struct display *display, const struct character *it)
{
	return it->c <= LAST_PLAIN || display->utf8;
}

static bool
is_escaped(const struct display *display, const struct character *it)
{
	return !is_readable(display, it) ||
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
measure(const struct display *display, const char *p, const char *end,
    struct character it)
{
	char escape[SIZE_ESCAPE];
	size_t width = 0;

	while (
	    width <= display->columns && take(&p, end, &it) && !is_blank(it.c))
		width += is_escaped(display, &it) ? text_escape(it.c, escape)
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
make_room(struct sheet *sheet, const struct display *display, const char *p,
    const char *end, const struct character *before)
{
	size_t width;

	if (sheet->columns == 0)
		return;
	width = measure(display, p, end, *before);
	if (sheet->column + width <= sheet->columns)
		return;
	if (INDENT_LEN + width <= sheet->columns)
		put_break(sheet);
	else
		sheet->loose = is_link(p, end);
}

/* Puts a blank, or a new line instead if the next word does not fit. */
static void
put_blank(struct sheet *sheet, const struct display *display,
    const struct character *it, const char *p, const char *end)
{
	size_t column =
	    it->c == '\t' ? tab_stop(sheet->column) : sheet->column + 1;
	size_t width = sheet->columns == 0 || is_blank(it->after)
	    ? 0
	    : measure(display, p, end, *it);
	bool fits = sheet->columns == 0 || column + width <= sheet->columns;
	bool fits_below = INDENT_LEN + width <= sheet->columns;

	if (sheet->loose ||
	    (!fits && (fits_below || column > sheet->columns))) {
		put_break(sheet);
		return;
	}
	sheet->column = column;
	put(sheet, it->bytes, it->len);
}

static void
put_text(struct sheet *sheet, const struct display *display,
    const struct message *message)
{
	const char *p = message->text, *end = p + message->len;
	struct character it = {.c = -1};

	while (take(&p, end, &it)) {
		if (!is_blank(it.c) && is_blank(it.before))
			make_room(sheet, display, it.bytes, end,
			    &(struct character){.c = it.before});
		if (it.c == '\n' && display->form == DISPLAY_TERMINAL)
			put_break(sheet);
		else if (it.c == '\n')
			put(sheet, "\\n", 2);
		else if (is_blank(it.c))
			put_blank(sheet, display, &it, p, end);
		else if (is_escaped(display, &it))
			put_escape(sheet, it.c);
		else {
			advance(sheet, width_of(it.c));
			put(sheet, it.bytes, it.len);
		}
	}
}

static void
put_instant(struct sheet *sheet, int64_t instant)
{
	char spelling[SIZE_INSTANT + 1];

	if (timestamp_format(instant, spelling) == 0)
		put_string(sheet, spelling);
}

/*
 * The text starts behind a header, which may be longer than a line. If the
 * header fills a line, the next character starts another.
 */
static void
start_columns(struct sheet *sheet, const struct display *display, size_t header)
{
	if (display->columns < LEAST_COLUMNS)
		return;
	sheet->columns = display->columns;
	sheet->column = (header - 1) % sheet->columns + 1;
}

static bool
is_late(const struct message *message, int64_t received)
{
	return message->sent < received - LATE_S ||
	    message->sent > received + LATE_S;
}

/* Returns the local time, or all zero if it cannot be computed. */
static struct tm
local(int64_t instant)
{
	time_t seconds = instant;
	struct tm tm;

	return localtime_r(&seconds, &tm) != NULL ? tm : (struct tm){0};
}

static bool
is_same_day(int64_t a, int64_t b)
{
	struct tm one = local(a), other = local(b);

	return one.tm_year == other.tm_year && one.tm_yday == other.tm_yday;
}

/* Puts a line if another day has begun: -- Monday, 2026-11-23 -- */
static void
put_day(struct sheet *sheet, const struct display *display, int64_t received)
{
	struct tm tm = local(received);
	char day[SIZE_LOCAL];

	if (display->last == 0 || is_same_day(display->last, received))
		return;
	if (strftime(day, sizeof(day), "-- %A, %Y-%m-%d --\n", &tm) > 0)
		put_string(sheet, day);
}

/* Spells when a late message was composed; with the day if that is another. */
static void
spell_composed(
    const struct message *message, int64_t received, char out[SIZE_LOCAL])
{
	struct tm tm = local(message->sent);
	size_t len = 0;

	if (is_late(message, received))
		len = is_same_day(message->sent, received)
		    ? strftime(out, SIZE_LOCAL, " (composed %H:%M:%S)", &tm)
		    : strftime(out, SIZE_LOCAL, " (composed %Y-%m-%d %H:%M:%S)",
			  &tm);
	out[len] = '\0';
}

/* 03:22:01 bob: text, or 03:22:01 bob (composed 03:20:11): text */
static void
spell_terminal(struct sheet *sheet, const struct display *display,
    const struct message *message, int64_t received)
{
	struct tm tm = local(received);
	char clock[SIZE_LOCAL], composed[SIZE_LOCAL];

	(void)strftime(clock, sizeof(clock), "%H:%M:%S ", &tm);
	spell_composed(message, received, composed);
	put_day(sheet, display, received);
	put_string(sheet, clock);
	put_string(sheet, display->bold ? BOLD : "");
	put_string(sheet, message->from);
	put_string(sheet, message->listed ? "" : "?");
	put_string(sheet, display->bold ? PLAIN : "");
	put_string(sheet, composed);
	put_string(sheet, ": ");
	start_columns(sheet, display,
	    strlen(clock) + strlen(message->from) + strlen(composed) +
		(message->listed ? 2 : 3));
	put_text(sheet, display, message);
}

/*
 * 2026-11-23T03:22:01Z bob: text, or
 * 2026-11-23T03:22:01Z bob (composed 2026-11-23T03:20:11Z): text
 */
static void
spell_line(struct sheet *sheet, const struct display *display,
    const struct message *message, int64_t received)
{
	put_instant(sheet, received);
	put_string(sheet, " ");
	put_string(sheet, message->from);
	put_string(sheet, message->listed ? "" : "?");
	if (is_late(message, received)) {
		put_string(sheet, " (composed ");
		put_instant(sheet, message->sent);
		put_string(sheet, ")");
	}
	put_string(sheet, ": ");
	put_text(sheet, display, message);
}

static size_t
spell_json(char *out, const struct display *display,
    const struct message *message, int64_t received)
{
	const struct record line = {.id = message->id,
	    .from = message->from,
	    .to = message->to,
	    .listed = message->listed,
	    .address = display->address,
	    .sent = message->sent,
	    .received = received,
	    .text = message->text,
	    .len = message->len,
	    .ascii = !display->utf8};

	return record_spell(&line, out);
}

size_t
display_spell(const struct display *display, const struct message *message,
    int64_t received, char *out)
{
	struct sheet sheet = {.out = out};

	switch (display->form) {
	case DISPLAY_TERMINAL:
		spell_terminal(&sheet, display, message, received);
		break;
	case DISPLAY_LINE:
		spell_line(&sheet, display, message, received);
		break;
	case DISPLAY_JSON:
		return spell_json(out, display, message, received);
	}
	put_string(&sheet, "\n");
	return sheet.len;
}
