/* Records: a message as a line of JSON. RFC 8259. */
#include "common/log/record.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "common/base/batch.h"
#include "common/base/error.h"
#include "common/base/hex.h"
#include "common/base/name.h"
#include "common/base/rest.h"
#include "common/base/text.h"
#include "common/base/timestamp.h"

/* The fixed bytes before each field, and after the last. */
#define TO_MESSAGE "{\"v\":1,\"type\":\"message\""
#define TO_LOG "{\"v\":1,\"type\":\"log\""
#define TO_SEQ ",\"seq\":"
#define TO_PREV ",\"prev\":\""
#define TO_REST "\""
#define TO_ID ",\"id\":\""
#define TO_END_OF_ID "\""
#define TO_LINE ",\"line\":"
#define TO_OF ",\"of\":"
#define TO_LINES ",\"lines\":"
#define TO_FROM ",\"from\":\""
#define TO_TO "\",\"to\":\""
#define TO_LISTED "\",\"listed\":"
#define TO_ADDRESS ",\"address\":\""
#define TO_SENT "\",\"sent\":\""
#define TO_RECEIVED "\",\"received\":\""
#define TO_TEXT "\",\"text\":\""
#define TO_END "\"}\n"
#define TO_END_OF_LOG "}\n"

#define LEN(fixed) (sizeof(fixed) - 1)

#define SEQ_DIGITS 20   /* of 2^64 - 1 */
#define LAST_PLAIN 0x7e /* the last ASCII character that needs no escape */

_Static_assert(
    SIZE_FIRST_LINE >= sizeof(TO_LOG TO_SEQ TO_PREV TO_REST TO_END_OF_LOG) +
	    SEQ_DIGITS + 2 * SIZE_HASH,
    "a first line has room");
_Static_assert(SIZE_RECORD >= SIZE_RECORD_HEAD +
	    sizeof(TO_SEQ TO_PREV TO_REST) + SEQ_DIGITS + 2 * SIZE_HASH +
	    6 * LIMIT_TEXT,
    "a record of a log has room");
_Static_assert(SIZE_RECORD_HEAD >=
	sizeof(TO_MESSAGE TO_ID TO_END_OF_ID TO_LINE TO_OF TO_FROM TO_TO
		TO_LISTED TO_ADDRESS TO_SENT TO_RECEIVED TO_TEXT TO_END) +
	    2 * SIZE_ID + 2 * SEQ_DIGITS + 2 * LIMIT_NAME + sizeof("false") +
	    LIMIT_ADDRESS + 2 * SIZE_INSTANT,
    "a record without its text has room");

/* A buffer that is large enough, see the sizes in the header. */
struct draft {
	char *out;
	size_t len;
};

static void
append(struct draft *draft, const char *bytes, size_t len)
{
	memcpy(draft->out + draft->len, bytes, len);
	draft->len += len;
}

static void
put_string(struct draft *draft, const char *string)
{
	append(draft, string, strlen(string));
}

/* Writes at most SIZE_HASH bytes. */
static void
put_hex(struct draft *draft, const uint8_t *bytes, size_t len)
{
	char hex[2 * SIZE_HASH + 1];

	hex_encode(bytes, len, hex);
	put_string(draft, hex);
}

static void
put_instant(struct draft *draft, int64_t instant)
{
	char spelling[SIZE_INSTANT + 1];

	if (timestamp_format(instant, spelling) == 0)
		put_string(draft, spelling);
}

static void
put_number(struct draft *draft, const char *before, uint64_t number)
{
	char digits[SEQ_DIGITS + 1];

	(void)snprintf(digits, sizeof(digits), "%" PRIu64, number);
	put_string(draft, before);
	put_string(draft, digits);
}

static void
put_position(struct draft *draft, const struct record_position *position)
{
	put_number(draft, TO_SEQ, position->seq);
	put_string(draft, TO_PREV);
	put_hex(draft, position->prev, SIZE_HASH);
	put_string(draft, TO_REST);
}

static void
put_lines(struct draft *draft, const struct record *record)
{
	if (record->lines != 0 && record->line == 0)
		put_number(draft, TO_LINES, record->lines);
	if (record->line == 0)
		return;
	put_number(draft, TO_LINE, record->line);
	put_number(draft, TO_OF, record->lines);
}

/* Writes a UTF-16 escape, if necessary as a surrogate pair: section 7. */
static void
put_escape(struct draft *draft, int32_t c)
{
	char escape[16];
	unsigned high = 0xd800 + (((unsigned)c - 0x10000) >> 10);
	unsigned low = 0xdc00 + (((unsigned)c - 0x10000) & 0x3ff);

	if (c > 0xffff)
		(void)snprintf(
		    escape, sizeof(escape), "\\u%04x\\u%04x", high, low);
	else
		(void)snprintf(escape, sizeof(escape), "\\u%04x", (unsigned)c);
	put_string(draft, escape);
}

/* Escapes joiners too: JSON is for programs, which do not need them. */
static void
put_character(
    struct draft *draft, bool ascii, int32_t c, const char *bytes, size_t len)
{
	if (c == '"' || c == '\\')
		append(draft, c == '"' ? "\\\"" : "\\\\", 2);
	else if (c == '\t')
		append(draft, "\\t", 2);
	else if (c == '\n')
		append(draft, "\\n", 2);
	else if (text_is_unsafe(c) || (ascii && c > LAST_PLAIN))
		put_escape(draft, c);
	else
		append(draft, bytes, len);
}

static void
put_text(struct draft *draft, const struct record *record)
{
	const char *p = record->text, *end = p + record->len, *start;
	int32_t c;

	while ((start = p) < end && (c = text_next(&p, end)) != -1)
		put_character(
		    draft, record->ascii, c, start, (size_t)(p - start));
}

size_t
record_spell(const struct record *record, char *out)
{
	struct draft draft = {.out = out};

	put_string(&draft, TO_MESSAGE);
	if (record->position != NULL)
		put_position(&draft, record->position);
	put_string(&draft, TO_ID);
	put_hex(&draft, record->id, SIZE_ID);
	put_string(&draft, TO_END_OF_ID);
	put_lines(&draft, record);
	put_string(&draft, TO_FROM);
	put_string(&draft, record->from);
	put_string(&draft, TO_TO);
	put_string(&draft, record->to);
	put_string(&draft, TO_LISTED);
	put_string(&draft, record->listed ? "true" : "false");
	put_string(&draft, TO_ADDRESS);
	put_string(&draft, record->address);
	put_string(&draft, TO_SENT);
	put_instant(&draft, record->sent);
	put_string(&draft, TO_RECEIVED);
	put_instant(&draft, record->received);
	put_string(&draft, TO_TEXT);
	put_text(&draft, record);
	put_string(&draft, TO_END);
	return draft.len;
}

size_t
record_spell_all(const struct record *record, char *out)
{
	struct record one = *record;
	size_t left = record->len, len = 0;

	if (record->lines == 0)
		return record_spell(record, out);
	while (one.line++ < record->lines) {
		one.len = batch_first(one.text, left);
		len += record_spell(&one, out + len);
		left -= one.len + (one.line < record->lines);
		one.text += one.len + (one.line < record->lines);
	}
	return len;
}

void
record_link(char *record, const uint8_t prev[SIZE_HASH])
{
	char hex[2 * SIZE_HASH + 1];

	record += LEN(TO_MESSAGE TO_SEQ);
	record += strspn(record, "0123456789");
	hex_encode(prev, SIZE_HASH, hex);
	memcpy(record + LEN(TO_PREV), hex, 2 * SIZE_HASH);
}

size_t
record_spell_first_line(const struct record_position *position, char *out)
{
	struct draft draft = {.out = out};

	put_string(&draft, TO_LOG);
	put_position(&draft, position);
	put_string(&draft, TO_END_OF_LOG);
	return draft.len;
}

/* Takes a decimal number without leading zeros. */
static bool
take_number(struct rest *rest, uint64_t *number)
{
	uint64_t digit;
	size_t len = 0;

	*number = 0;
	for (; len < rest->len && rest->at[len] >= '0' && rest->at[len] <= '9';
	    len++) {
		digit = (uint64_t)(rest->at[len] - '0');
		if (*number > (UINT64_MAX - digit) / 10)
			return false;
		*number = 10 * *number + digit;
	}
	if (len == 0 || (len > 1 && rest->at[0] == '0'))
		return false;
	rest_pass(rest, len);
	return true;
}

static bool
take_hex(struct rest *rest, uint8_t *bytes, size_t len)
{
	if (rest->len < 2 * len || hex_decode(rest->at, bytes, len) != 0)
		return false;
	rest_pass(rest, 2 * len);
	return true;
}

static bool
take_position(struct rest *rest, struct record_position *position)
{
	return REST_MATCH(rest, TO_SEQ) && take_number(rest, &position->seq) &&
	    REST_MATCH(rest, TO_PREV) &&
	    take_hex(rest, position->prev, SIZE_HASH) &&
	    REST_MATCH(rest, TO_REST);
}

/* Takes the number of lines of a batch; 0 if it is none. */
static bool
take_lines(struct rest *rest, size_t *lines)
{
	uint64_t number = 0;

	if (REST_MATCH(rest, TO_LINES) &&
	    (!take_number(rest, &number) || number < 2 || number > LIMIT_LINES))
		return false;
	*lines = (size_t)number;
	return true;
}

/* Takes the bytes up to the next quote, at most `most`; adds a NUL. */
static bool
take_string(struct rest *rest, char *string, size_t most)
{
	const char *quote = memchr(rest->at, '"', rest->len);
	size_t len = quote == NULL ? 0 : (size_t)(quote - rest->at);

	if (quote == NULL || len > most)
		return false;
	memcpy(string, rest->at, len);
	string[len] = '\0';
	rest_pass(rest, len);
	return strlen(string) == len;
}

static bool
take_name(struct rest *rest, char name[LIMIT_NAME + 1])
{
	return take_string(rest, name, LIMIT_NAME) && name_field_valid(name);
}

static bool
take_listed(struct rest *rest, bool *listed)
{
	*listed = REST_MATCH(rest, "true");
	return *listed || REST_MATCH(rest, "false");
}

static bool
take_address(struct rest *rest, char address[LIMIT_ADDRESS + 1])
{
	return take_string(rest, address, LIMIT_ADDRESS) &&
	    address[strspn(address, "0123456789abcdef:.")] == '\0';
}

static bool
take_instant(struct rest *rest, int64_t *instant)
{
	if (rest->len < SIZE_INSTANT || timestamp_parse(rest->at, instant) != 0)
		return false;
	rest_pass(rest, SIZE_INSTANT);
	return true;
}

/* Takes \uXXXX, a UTF-16 code unit. */
static bool
take_unit(struct rest *rest, int32_t *unit)
{
	uint8_t bytes[2];

	if (!REST_MATCH(rest, "\\u") || !take_hex(rest, bytes, sizeof(bytes)))
		return false;
	*unit = bytes[0] << 8 | bytes[1];
	return true;
}

/* Takes such an escape, of a character that has no shorter one. */
static bool
take_escape(struct rest *rest, int32_t *c)
{
	int32_t low;

	if (!take_unit(rest, c))
		return false;
	if (*c >= 0xd800 && *c <= 0xdbff) {
		if (!take_unit(rest, &low) || low < 0xdc00 || low > 0xdfff)
			return false;
		*c = 0x10000 + ((*c - 0xd800) << 10) + (low - 0xdc00);
	}
	return *c != '\n' && text_is_unsafe(*c);
}

static bool
take_character(struct rest *rest, int32_t *c)
{
	static const char shorts[][3] = {"\\\"", "\\\\", "\\t", "\\n"};
	static const char meant[] = "\"\\\t\n";
	const char *p = rest->at;

	if (rest->len == 0)
		return false;
	if (*p == '\\') {
		for (size_t i = 0; i < sizeof(shorts) / sizeof(*shorts); i++)
			if (rest_match(rest, shorts[i], 2)) {
				*c = (unsigned char)meant[i];
				return true;
			}
		return take_escape(rest, c);
	}
	*c = text_next(&p, rest->at + rest->len);
	if (*c == -1 || *c == '\t' || text_is_unsafe(*c))
		return false;
	rest_pass(rest, (size_t)(p - rest->at));
	return true;
}

/* Writes a code point as UTF-8. Returns its length in bytes. */
static size_t
spell_utf8(int32_t c, char bytes[4])
{
	size_t len = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
	static const uint8_t lead[] = {0, 0, 0xc0, 0xe0, 0xf0};

	for (size_t i = len; i-- > 1; c >>= 6)
		bytes[i] = (char)(0x80 | (c & 0x3f));
	bytes[0] = (char)(lead[len] | c);
	return len;
}

/* Counts the bytes from here on that are ASCII without escapes. */
static size_t
count_plain(const struct rest *rest)
{
	size_t len = 0;

	while (len < rest->len && rest->at[len] >= ' ' &&
	    rest->at[len] <= LAST_PLAIN && rest->at[len] != '"' &&
	    rest->at[len] != '\\')
		len++;
	return len;
}

/* Takes a run of plain bytes, or one other character. */
static bool
take_piece(struct rest *rest, char text[LIMIT_TEXT], size_t *len)
{
	size_t more = count_plain(rest);
	const char *bytes = rest->at;
	char spelling[4];
	int32_t c;

	if (more > 0) {
		rest_pass(rest, more);
	} else {
		if (!take_character(rest, &c))
			return false;
		more = spell_utf8(c, spelling);
		bytes = spelling;
	}
	if (more > LIMIT_TEXT - *len)
		return false;
	memcpy(text + *len, bytes, more);
	*len += more;
	return true;
}

/* Takes the text up to the quote that ends it. */
static bool
take_text(struct rest *rest, char text[LIMIT_TEXT], size_t *len)
{
	*len = 0;
	while (rest->len > 0 && *rest->at != '"')
		if (!take_piece(rest, text, len))
			return false;
	return text_check(text, *len) == 0;
}

int
record_read(const char *line, size_t len, struct record *record,
    struct record_store *store)
{
	struct rest rest = {line, len};

	*record = (struct record){.position = &store->position,
	    .id = store->id,
	    .from = store->from,
	    .to = store->to,
	    .address = store->address,
	    .text = store->text};
	if (!REST_MATCH(&rest, TO_MESSAGE) ||
	    !take_position(&rest, &store->position) ||
	    !REST_MATCH(&rest, TO_ID) || !take_hex(&rest, store->id, SIZE_ID) ||
	    !REST_MATCH(&rest, TO_END_OF_ID) ||
	    !take_lines(&rest, &record->lines) || !REST_MATCH(&rest, TO_FROM) ||
	    !take_name(&rest, store->from) || !REST_MATCH(&rest, TO_TO) ||
	    !take_name(&rest, store->to) || !REST_MATCH(&rest, TO_LISTED) ||
	    !take_listed(&rest, &record->listed) ||
	    !REST_MATCH(&rest, TO_ADDRESS) ||
	    !take_address(&rest, store->address) ||
	    !REST_MATCH(&rest, TO_SENT) ||
	    !take_instant(&rest, &record->sent) ||
	    !REST_MATCH(&rest, TO_RECEIVED) ||
	    !take_instant(&rest, &record->received) ||
	    !REST_MATCH(&rest, TO_TEXT) ||
	    !take_text(&rest, store->text, &record->len) ||
	    !REST_MATCH(&rest, TO_END) || rest.len != 0)
		return CHAT_EMALFORMED;
	if (record->lines != 0 &&
	    batch_count(store->text, record->len) != record->lines)
		return CHAT_EMALFORMED;
	return CHAT_OK;
}

int
record_read_first_line(
    const char *line, size_t len, struct record_position *position)
{
	struct rest rest = {line, len};

	if (!REST_MATCH(&rest, TO_LOG) || !take_position(&rest, position) ||
	    !REST_MATCH(&rest, TO_END_OF_LOG) || rest.len != 0)
		return CHAT_EMALFORMED;
	return CHAT_OK;
}
