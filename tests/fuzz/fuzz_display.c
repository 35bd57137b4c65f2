/*
 * display_spell() of any message that text_check() accepts, in each form: the
 * output is safe to show, is not too long, never lets a text start in the first
 * column of a terminal, and as JSON equals the input. Each line of a batch is
 * shown like a message.
 */
#include <cJSON.h>
#include <locale.h>
#include <wchar.h>

#include "common/base/batch.h"
#include "common/base/error.h"
#include "common/base/hex.h"
#include "common/base/text.h"
#include "listener/session/display.h"
#include "tests/fuzz/fuzz.h"

#define BOLD "\033[1m"
#define PLAIN "\033[0m"
/*
 * SIZE_DISPLAY is this for the longest text of the most lines. Checking it for
 * every text shows the same without long texts.
 */
#define ROOM                                              \
	(6 * message.len + SIZE_RECORD - 6 * LIMIT_TEXT + \
	    message.lines * SIZE_RECORD_HEAD)

/* The message, or one line of a batch, as it must be shown. */
static const char *piece;
static size_t piece_len, piece_line;

static struct message message;
static struct display display;
static int64_t received;

/* An instant of any size; most have a spelling. */
static int64_t
take_instant(struct input *input)
{
	uint64_t bits = 0;

	for (int i = 0; i < 5; i++)
		bits = bits << 8 | input_byte(input);
	return (int64_t)bits - ((int64_t)1 << 37);
}

/* The well-formed characters of the input, without NUL, are the text. */
static void
take_text(struct input *input)
{
	const char *p = (const char *)input->at;
	const char *end = (const char *)input->end;
	const char *start;

	message.len = 0;
	while (p < end) {
		start = p;
		if (text_next(&p, end) <= 0) {
			p = start + 1;
			continue;
		}
		if ((size_t)(p - start) > LIMIT_TEXT - message.len)
			return;
		memcpy(message.text + message.len, start, (size_t)(p - start));
		message.len += (size_t)(p - start);
	}
}

static void
take_message(struct input *input)
{
	static const char letters[] =
	    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_"
	    "-+@.";
	static const char *const addresses[] = {"::1", "127.0.0.1",
	    "ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.255"};
	uint8_t first = input_byte(input);
	uint8_t name = input_byte(input);

	display.bold = first & 1;
	display.utf8 = !(first & 0x80);
	display.columns = input_byte(input);
	message.listed = first & 2;
	display.address = addresses[(first >> 2) % 3];
	memset(message.from, letters[name % 63], LIMIT_NAME);
	message.from[1 + name / 4] = '\0';
	(void)strcpy(message.to, message.from);
	if (name % 4 == 3)
		message.to[0] = letters[first % 63];
	memset(message.id, name, SIZE_ID);
	received = take_instant(input);
	message.sent = take_instant(input);
	take_text(input);
	message.lines =
	    first & 0x40 ? batch_count(message.text, message.len) : 0;
}

/* Skips what must be there. */
static void
pass(const char **p, const char *end, const char *what)
{
	size_t len = strlen(what);

	HOLDS((size_t)(end - *p) >= len && memcmp(*p, what, len) == 0);
	*p += len;
}

/* What must never come out, listed by Unicode's names instead of our table. */
static bool
steers(int32_t c)
{
	return c < 0x20 || (c >= 0x7f && c < 0xa0) ||      /* control codes */
	    c == 0x61c || c == 0x200e || c == 0x200f ||    /* bidi marks */
	    (c >= 0x202a && c <= 0x202e) ||                /* embeddings */
	    (c >= 0x2066 && c <= 0x2069) ||                /* isolates */
	    (c >= 0x200b && c <= 0x200d) || c == 0x2060 || /* no width */
	    c == 0xfeff || c == 0x2028 || c == 0x2029 ||   /* separators */
	    (c >= 0xe0000 && c <= 0xe007f);                /* tags */
}

/* Whether a joiner is in a place where words and emoji need it. */
static bool
joins(int32_t before, int32_t c, const char *p, const char *end)
{
	int32_t after;

	if (display.columns != 0 && p < end && *p == '\n')
		p += strlen("\n"
			    "    "); /* the line was broken here */
	after = p < end ? text_next(&p, end) : 0;

	return (c == 0x200c || c == 0x200d) && display.form != DISPLAY_JSON &&
	    before >= 0xa0 && after >= 0xa0 && !text_is_unsafe(before) &&
	    !text_is_unsafe(after) && !steers(before) && !steers(after);
}

/* From p to the LF at the end, nothing is unsafe except what is allowed. */
static void
check_safe(const char *p, const char *end)
{
	int32_t before = 0, c;

	HOLDS(p < end && end[-1] == '\n');
	for (end--; p < end;) {
		c = text_next(&p, end);
		HOLDS(c > 0 && (display.utf8 || c < 0x7f));
		if (c == '\n' && display.form == DISPLAY_TERMINAL)
			pass(&p, end, "    ");
		else if (!joins(before, c, p, end))
			HOLDS(!text_is_unsafe(c) && (c == '\t' || !steers(c)));
		if (c != '\n' || display.columns == 0)
			before = c;
	}
}

/*
 * Returns the columns that a terminal uses for a character, even if it does not
 * know combining characters.
 */
static size_t
width_at(size_t column, int32_t c)
{
	int width = c == '\t' ? (int)(8 - column % 8) : wcwidth((wchar_t)c);

	return width < 0 ? 2 : width == 0 ? 1 : (size_t)width;
}

/*
 * Follows a text as a terminal does, from a column on. If a character does not
 * fit, a terminal goes on in the first column, and there a text could look like
 * another message: so the line must be broken before. Terminals with less than
 * 20 columns cannot be helped.
 */
static void
check_columns(const char *p, const char *end, size_t column)
{
	int32_t c;

	if (display.form != DISPLAY_TERMINAL || display.columns < 20)
		return;
	if (memmem(p, (size_t)(end - p), "://", 3) != NULL)
		return;               /* a link, which the terminal may wrap */
	if (column > display.columns) /* the name was wrapped */
		column = (column - 1) % display.columns + 1;
	for (end--; p < end;) {
		c = text_next(&p, end);
		if (c == '\n') {
			column = 0;
			continue;
		}
		column += width_at(column, c);
		HOLDS(column <= display.columns);
	}
}

/* The name, as it precedes the text. */
static void
pass_name(const char **p, const char *end)
{
	bool bold = display.form == DISPLAY_TERMINAL && display.bold;

	pass(p, end, bold ? BOLD : "");
	pass(p, end, message.from);
	pass(p, end, message.listed ? "" : "?");
	pass(p, end, bold ? PLAIN : "");
	if (message.sent < received - 60 || message.sent > received + 60) {
		pass(p, end, " (composed ");
		*p += strcspn(*p, ")");
		pass(p, end, ")");
	}
	pass(p, end, ": ");
}

/* On a terminal the time is HH:MM:SS, otherwise an instant. */
static void
check_people(const char *p, const char *end)
{
	const char *start = p;
	const char *space = memchr(p, ' ', (size_t)(end - p));
	size_t wanted = display.form == DISPLAY_TERMINAL ? 8 : 20;

	HOLDS(space != NULL);
	HOLDS(space - p == (ptrdiff_t)wanted || space == p);
	HOLDS(strspn(p, "0123456789-:TZ ") > (size_t)(space - p));
	p = space + 1;
	pass_name(&p, end);
	check_safe(p, end);
	start += display.bold ? strlen(BOLD PLAIN) : 0;
	check_columns(p, end, (size_t)(p - start));
}

static void
check_string(const cJSON *json, const char *name, const char *value, size_t len)
{
	const char *string =
	    cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(json, name));

	HOLDS(string != NULL && strlen(string) == len);
	HOLDS(memcmp(string, value, len) == 0);
}

static void
check_number(const cJSON *json, const char *name, size_t value)
{
	const cJSON *number = cJSON_GetObjectItemCaseSensitive(json, name);

	HOLDS(value == 0 ? number == NULL
			 : cJSON_IsNumber(number) &&
		    number->valuedouble == (double)value);
}

static void
check_json(const char *p, size_t len)
{
	const char *behind;
	cJSON *json = cJSON_ParseWithLengthOpts(p, len, &behind, false);
	char id[2 * SIZE_ID + 1];

	check_safe(p, p + len);
	HOLDS(json != NULL && behind == p + len - 1);
	hex_encode(message.id, SIZE_ID, id);
	check_string(json, "id", id, strlen(id));
	check_string(json, "from", message.from, strlen(message.from));
	check_string(json, "to", message.to, strlen(message.to));
	check_string(json, "address", display.address, strlen(display.address));
	check_string(json, "text", piece, piece_len);
	check_number(json, "line", piece_line);
	check_number(json, "of", message.lines);
	HOLDS(cJSON_IsBool(cJSON_GetObjectItem(json, "listed")));
	HOLDS(cJSON_IsTrue(cJSON_GetObjectItem(json, "listed")) ==
	    message.listed);
	cJSON_Delete(json);
}

/* Returns where what is shown of a piece ends: behind an LF without an indent.
 */
static const char *
end_of_piece(const char *p, const char *end)
{
	while ((p = memchr(p, '\n', (size_t)(end - p))) != NULL &&
	    display.form == DISPLAY_TERMINAL && end - ++p >= 4 &&
	    memcmp(p, "    ", 4) == 0)
		continue;
	HOLDS(p != NULL);
	return display.form == DISPLAY_TERMINAL ? p : p + 1;
}

static void
check_piece(const char *p, const char *end)
{
	if (display.form == DISPLAY_JSON)
		check_json(p, (size_t)(end - p));
	else
		check_people(p, end);
}

/* Each line of a batch in its turn, and nothing behind them. */
static void
check_all(const char *p, const char *end)
{
	const char *next;

	piece = message.text;
	piece_len = message.len;
	piece_line = 0;
	if (message.lines == 0) {
		check_piece(p, end);
		return;
	}
	for (piece_line = 1; piece_line <= message.lines; piece_line++) {
		piece_len = batch_first(
		    piece, (size_t)(message.text + message.len - piece));
		next = end_of_piece(p, end);
		check_piece(p, next);
		piece += piece_len + 1;
		p = next;
	}
	HOLDS(p == end);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input input = {data, data + size};
	char *out;
	size_t len;

	(void)setlocale(LC_CTYPE, "C.UTF-8");
	take_message(&input);
	if (text_check(message.text, message.len) != 0)
		return 0;
	for (display.form = DISPLAY_TERMINAL; display.form <= DISPLAY_JSON;
	    display.form++) {
		out = malloc(ROOM); /* and not a byte more */
		HOLDS(out != NULL);
		len = display_spell(&display, &message, received, out);
		HOLDS(len <= ROOM);
		check_all(out, out + len);
		free(out);
	}
	return 0;
}
