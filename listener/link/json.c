/* A message as a line of JSON. RFC 8259. */
#include "listener/link/json.h"

#include <stdio.h>
#include <string.h>

#include "common/base/hex.h"
#include "common/base/text.h"
#include "common/base/timestamp.h"

#define LAST_PLAIN 0x7e /* the last ASCII character that needs no escape */

/* A buffer of SIZE_JSON bytes, which is enough. */
struct sheet {
	char *out;
	size_t len;
};

static void
append(struct sheet *sheet, const char *bytes, size_t len)
{
	memcpy(sheet->out + sheet->len, bytes, len);
	sheet->len += len;
}

static void
put_string(struct sheet *sheet, const char *string)
{
	append(sheet, string, strlen(string));
}

static void
put_instant(struct sheet *sheet, int64_t instant)
{
	char spelling[SIZE_INSTANT + 1];

	if (timestamp_format(instant, spelling) == 0)
		put_string(sheet, spelling);
}

/* Writes a UTF-16 escape, if necessary as a surrogate pair: section 7. */
static void
put_escape(struct sheet *sheet, int32_t c)
{
	char escape[16];
	unsigned high = 0xd800 + (((unsigned)c - 0x10000) >> 10);
	unsigned low = 0xdc00 + (((unsigned)c - 0x10000) & 0x3ff);

	if (c > 0xffff)
		(void)snprintf(
		    escape, sizeof(escape), "\\u%04x\\u%04x", high, low);
	else
		(void)snprintf(escape, sizeof(escape), "\\u%04x", (unsigned)c);
	put_string(sheet, escape);
}

/* Escapes joiners too: JSON is for programs, which do not need them. */
static void
put_character(
    struct sheet *sheet, bool ascii, int32_t c, const char *bytes, size_t len)
{
	if (c == '"' || c == '\\')
		append(sheet, c == '"' ? "\\\"" : "\\\\", 2);
	else if (c == '\t')
		append(sheet, "\\t", 2);
	else if (c == '\n')
		append(sheet, "\\n", 2);
	else if (text_is_unsafe(c) || (ascii && c > LAST_PLAIN))
		put_escape(sheet, c);
	else
		append(sheet, bytes, len);
}

static void
put_text(struct sheet *sheet, const struct json_message *message)
{
	const char *p = message->text, *end = p + message->len, *start;
	int32_t c;

	while ((start = p) < end && (c = text_next(&p, end)) != -1)
		put_character(
		    sheet, message->ascii, c, start, (size_t)(p - start));
}

size_t
json_spell(const struct json_message *message, char *out)
{
	struct sheet sheet = {.out = out};
	char id[2 * SIZE_ID + 1];

	hex_encode(message->id, SIZE_ID, id);
	put_string(&sheet, "{\"v\":1,\"type\":\"message\",\"id\":\"");
	put_string(&sheet, id);
	put_string(&sheet, "\",\"from\":\"");
	put_string(&sheet, message->from);
	put_string(&sheet, "\",\"to\":\"");
	put_string(&sheet, message->to);
	put_string(&sheet, "\",\"listed\":");
	put_string(&sheet, message->listed ? "true" : "false");
	put_string(&sheet, ",\"address\":\"");
	put_string(&sheet, message->address);
	put_string(&sheet, "\",\"sent\":\"");
	put_instant(&sheet, message->sent);
	put_string(&sheet, "\",\"received\":\"");
	put_instant(&sheet, message->received);
	put_string(&sheet, "\",\"text\":\"");
	put_text(&sheet, message);
	put_string(&sheet, "\"}\n");
	return sheet.len;
}
