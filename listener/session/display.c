/* How a message is shown. */
#include "listener/session/display.h"

#include <stdio.h>
#include <string.h>
#include <time.h>
#include <wchar.h>

#include "common/base/text.h"
#include "common/base/timestamp.h"
#include "listener/link/json.h"

#define INDENT "    "
#define INDENT_LEN (sizeof(INDENT) - 1)
#define TAB 8
#define LAST_PLAIN 0x7e  /* of ASCII, which all terminals read alike */
#define LEAST_COLUMNS 20 /* of a terminal that is worth wrapping for */
#define BOLD "\033[1m"
#define PLAIN "\033[0m"

/* Somewhere to put bytes; SIZE_DISPLAY says that there is room. */
struct sheet {
	char *out;
	size_t len;
	size_t column, columns; /* on a terminal of known width; else 0 */
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

/* A new line, in which a text goes on. */
static void
put_break(struct sheet *sheet)
{
	put_string(sheet, "\n" INDENT);
	sheet->column = INDENT_LEN;
}

/* To the next stop; behind the last one on a line there is none. */
static void
advance_tab(struct sheet *sheet)
{
	size_t stop = sheet->column - sheet->column % TAB + TAB;

	if (sheet->columns != 0 && stop > sheet->columns) {
		put_break(sheet);
		stop = TAB;
	}
	sheet->column = stop;
}

/* Breaks the line where so many columns do not fit any more. */
static void
advance(struct sheet *sheet, size_t width)
{
	if (sheet->columns != 0 && sheet->column + width > sheet->columns)
		put_break(sheet);
	sheet->column += width;
}

/*
 * Where terminals differ, or can be told to: East Asian Ambiguous and what was
 * so called, symbols that are emoji to some, private use, CJK as Linux's
 * console has it. These are whole blocks, as it costs little to be wrong here.
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
 * The most columns that a terminal gives to a character. One that the C
 * library does not know may take two. A combining one takes none where it is
 * combined, but Linux's console gives it one.
 */
static size_t
width_of(int32_t c)
{
	int width = wcwidth((wchar_t)c);

	return (width == 0 || width == 1) && !may_be_wide(c) ? 1 : 2;
}

/* For people: \x1b or \u{202e}. */
static void
put_escape(struct sheet *sheet, int32_t c)
{
	char escape[SIZE_ESCAPE];

	advance(sheet, text_escape(c, escape));
	put_string(sheet, escape);
}

/* A character of a text, and what stands around it. */
struct character {
	int32_t before, c, after; /* -1 where there is none */
	const char *bytes;
	size_t len;
};

static bool
is_readable(const struct display *display, const struct character *it)
{
	return it->c <= LAST_PLAIN || display->utf8;
}

static void
put_character(struct sheet *sheet, const struct display *display,
    const struct character *it)
{
	if (it->c == '\n' && display->form == DISPLAY_TERMINAL) {
		put_break(sheet);
	} else if (it->c == '\n') {
		put(sheet, "\\n", 2);
	} else if (!is_readable(display, it) ||
	    (text_is_unsafe(it->c) &&
		!text_joins(it->before, it->c, it->after))) {
		put_escape(sheet, it->c);
	} else {
		if (it->c == '\t')
			advance_tab(sheet);
		else
			advance(sheet, width_of(it->c));
		put(sheet, it->bytes, it->len);
	}
}

/* The code point at p, or -1 at the end. */
static int32_t
peek(const char *p, const char *end)
{
	return p < end ? text_next(&p, end) : -1;
}

static void
put_text(struct sheet *sheet, const struct display *display,
    const struct message *message)
{
	const char *p = message->text, *end = p + message->len;
	struct character it = {.c = -1};

	while (p < end) {
		it.before = it.c;
		it.bytes = p;
		it.c = text_next(&p, end);
		if (it.c == -1) /* cannot be: text_check() came first */
			break;
		it.len = (size_t)(p - it.bytes);
		it.after = peek(p, end);
		put_character(sheet, display, &it);
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
 * Where the text starts, behind a header that may itself be longer than a
 * line. Where it fills one, the next character would start another.
 */
static void
start_columns(struct sheet *sheet, const struct display *display, size_t header)
{
	if (display->columns < LEAST_COLUMNS)
		return;
	sheet->columns = display->columns;
	sheet->column = (header - 1) % sheet->columns + 1;
}

/* 03:22:01 bob: text */
static void
spell_terminal(struct sheet *sheet, const struct display *display,
    const struct message *message, int64_t received)
{
	time_t seconds = received;
	struct tm tm;
	char clock[16] = "";

	if (localtime_r(&seconds, &tm) != NULL)
		(void)strftime(clock, sizeof(clock), "%H:%M:%S ", &tm);
	put_string(sheet, clock);
	put_string(sheet, display->bold ? BOLD : "");
	put_string(sheet, message->from);
	put_string(sheet, message->listed ? "" : "?");
	put_string(sheet, display->bold ? PLAIN : "");
	put_string(sheet, ": ");
	start_columns(sheet, display,
	    strlen(clock) + strlen(message->from) + (message->listed ? 2 : 3));
	put_text(sheet, display, message);
}

/* 2026-11-23T03:22:01Z bob: text */
static void
spell_line(struct sheet *sheet, const struct display *display,
    const struct message *message, int64_t received)
{
	put_instant(sheet, received);
	put_string(sheet, " ");
	put_string(sheet, message->from);
	put_string(sheet, message->listed ? ": " : "?: ");
	put_text(sheet, display, message);
}

static size_t
spell_json(char *out, const struct display *display,
    const struct message *message, int64_t received)
{
	const struct json_message line = {.id = message->id,
	    .from = message->from,
	    .to = message->to,
	    .listed = message->listed,
	    .address = display->address,
	    .sent = message->sent,
	    .received = received,
	    .text = message->text,
	    .len = message->len,
	    .ascii = !display->utf8};

	return json_spell(&line, out);
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
