/* How a message is shown. */
#include "listener/session/display.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common/base/batch.h"
#include "common/base/limits.h"
#include "common/base/sheet.h"
#include "common/base/text.h"
#include "common/base/timestamp.h"
#include "common/log/record.h"

#define SIZE_LOCAL 48 /* bytes of a time in words */
#define BOLD "\033[1m"
#define PLAIN "\033[0m"

/* A message, or a line of a batch. */
struct piece {
	const char *text;
	size_t len;
	bool follows; /* another one, which was shown just now */
};

static void
put_instant(struct sheet *sheet, int64_t instant)
{
	char spelling[SIZE_INSTANT + 1];

	if (timestamp_format(instant, spelling) == 0)
		sheet_put(sheet, spelling);
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
		sheet_put(sheet, day);
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
    const struct message *message, const struct piece *piece, int64_t received)
{
	struct tm tm = local(received);
	char clock[SIZE_LOCAL], composed[SIZE_LOCAL];

	(void)strftime(clock, sizeof(clock), "%H:%M:%S ", &tm);
	spell_composed(message, received, composed);
	if (!piece->follows)
		put_day(sheet, display, received);
	sheet_put(sheet, clock);
	sheet_put(sheet, display->bold ? BOLD : "");
	sheet_put(sheet, message->from);
	sheet_put(sheet, message->listed ? "" : "?");
	sheet_put(sheet, display->bold ? PLAIN : "");
	sheet_put(sheet, composed);
	sheet_put(sheet, ": ");
	sheet_wrap(sheet, display->columns,
	    strlen(clock) + strlen(message->from) + strlen(composed) +
		(message->listed ? 2 : 3));
	sheet_put_text(sheet, piece->text, piece->len);
}

/*
 * 2026-11-23T03:22:01Z bob: text, or
 * 2026-11-23T03:22:01Z bob (composed 2026-11-23T03:20:11Z): text
 */
static void
spell_line(struct sheet *sheet, const struct message *message,
    const struct piece *piece, int64_t received)
{
	put_instant(sheet, received);
	sheet_put(sheet, " ");
	sheet_put(sheet, message->from);
	sheet_put(sheet, message->listed ? "" : "?");
	if (is_late(message, received)) {
		sheet_put(sheet, " (composed ");
		put_instant(sheet, message->sent);
		sheet_put(sheet, ")");
	}
	sheet_put(sheet, ": ");
	sheet_put_text(sheet, piece->text, piece->len);
}

static size_t
spell_json(char *out, const struct display *display,
    const struct message *message, int64_t received)
{
	const struct record record = {.id = message->id,
	    .from = message->from,
	    .to = message->to,
	    .listed = message->listed,
	    .address = display->address,
	    .sent = message->sent,
	    .received = received,
	    .lines = message->lines,
	    .text = message->text,
	    .len = message->len,
	    .ascii = !display->utf8};

	return record_spell_all(&record, out);
}

void
display_choose(struct display *display, bool json, bool terminal)
{
	const char *no_color = getenv("NO_COLOR");
	const char *term = getenv("TERM");

	display->form = json ? DISPLAY_JSON
	    : terminal       ? DISPLAY_TERMINAL
			     : DISPLAY_LINE;
	display->utf8 = !terminal || text_reader_has_utf8();
	display->bold = terminal && (no_color == NULL || *no_color == '\0') &&
	    term != NULL && strcmp(term, "dumb") != 0;
}

/* Spells a message, or a line of a batch. */
static void
spell_piece(struct sheet *sheet, const struct display *display,
    const struct message *message, const struct piece *piece, int64_t received)
{
	if (display->form == DISPLAY_TERMINAL)
		spell_terminal(sheet, display, message, piece, received);
	else
		spell_line(sheet, message, piece, received);
	sheet_put(sheet, "\n");
}

size_t
display_spell(const struct display *display, const struct message *message,
    int64_t received, char *out)
{
	struct sheet sheet = {.out = out,
	    .utf8 = display->utf8,
	    .lines = display->form == DISPLAY_TERMINAL};
	struct piece piece = {.text = message->text, .len = message->len};
	const char *end = message->text + message->len;

	if (display->form == DISPLAY_JSON)
		return spell_json(out, display, message, received);
	do {
		if (message->lines > 0)
			piece.len =
			    batch_first(piece.text, (size_t)(end - piece.text));
		spell_piece(&sheet, display, message, &piece, received);
		piece.text += piece.len + 1;
		piece.follows = true;
	} while (piece.text < end);
	return sheet.len;
}
