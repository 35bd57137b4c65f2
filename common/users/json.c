/* JSON, parsed strictly, token by token. */
#include "common/users/json.h"

#include <ctype.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/error.h"
#include "common/base/limits.h"
#include "common/base/text.h"
#include "common/base/wipe.h"

#define BIG 100000000 /* smaller numbers are read without cJSON */
#define NOT_A_CHARACTER (-1)

void
json_set_up(void)
{
	cJSON_Hooks hooks = {malloc, wipe_free};

	cJSON_InitHooks(&hooks);
}

/* Returns whether this word comes next, and ends there. */
static bool
goes_on_with(const struct json *json, const char *word)
{
	size_t len = strlen(word), left = (size_t)(json->end - json->next);

	return left >= len && memcmp(json->next, word, len) == 0 &&
	    (left == len || !isalnum((unsigned char)json->next[len]));
}

/* Recognises what is often mistaken for JSON. Returns advice, or NULL. */
static const char *
well_known(const struct json *json)
{
	static const struct {
		const char *start, *advice;
	} all[] = {
	    {"'", "single quotes are not JSON; use double quotes"},
	    {"\xe2\x80",
		"typographic quotes or dashes are not JSON; use plain double quotes"},
	    {"\xc2\xab", "angle quotes are not JSON; use double quotes"},
	    {"\xc2\xa0",
		"a no-break space is not white space in JSON; use a plain one"},
	    {"\xef\xbb\xbf",
		"a byte order mark in the middle; save the file as UTF-8 without it"},
	};
	static const char *const words[][2] = {
	    {"None",
		"None is Python and not JSON; write null, or let json.dump write the file"},
	    {"True",
		"True is Python and not JSON; write true, or let json.dump write the file"},
	    {"False",
		"False is Python and not JSON; write false, or let json.dump write the file"},
	    {"NaN", "NaN is not JSON; write null"},
	    {"Infinity", "Infinity is not JSON; write null"},
	    {"undefined", "undefined is JavaScript and not JSON; write null"},
	};
	size_t left = (size_t)(json->end - json->next);

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		if (left >= strlen(all[i].start) &&
		    memcmp(json->next, all[i].start, strlen(all[i].start)) == 0)
			return all[i].advice;
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (goes_on_with(json, words[i][0]))
			return words[i][1];
	return NULL;
}

/* Returns what may be wrong if c is found where something else is wanted. */
static const char *
hint_of(int c, const char *wanted)
{
	bool wants_comma = strncmp(wanted, "a comma", 7) == 0;

	if (c == '#' || c == '/')
		return "; JSON has no comments, but a key \"comment\" may hold one";
	if (wants_comma && (c == '{' || c == '"'))
		return "; is a comma missing before it?";
	if (isalnum(c) && (wants_comma || strncmp(wanted, "a colon", 7) == 0))
		return "; is a double quote missing, or one too many?";
	if (wants_comma && c == ']')
		return "; is a } missing before it?";
	if (!wants_comma && (c == ']' || c == '}'))
		return "; is there a comma too many before it?";
	if (isalnum(c) && strcmp(wanted, "a value") == 0)
		return "; strings stand in double quotes";
	return "";
}

int
json_unexpected(struct json *json, const char *wanted)
{
	int c = json_peek(json);
	const char *advice = well_known(json);
	const char *hint = json->inside ? hint_of(c, wanted) : "";

	if (c == -1)
		return fault_set(json->fault, json->line,
		    "the file ends where %s should follow", wanted);
	if (advice != NULL)
		return fault_set(json->fault, json->line, "%s", advice);
	/* Where a password may be, a letter could be a part of it. */
	if (c > ' ' && c < 0x7f &&
	    (!json->inside || strchr("[]{},:\"#/", c) != NULL))
		return fault_set(json->fault, json->line,
		    "expected %s, found '%c'%s", wanted, c, hint);
	if (c > ' ' && c < 0x7f)
		return fault_set(
		    json->fault, json->line, "expected %s%s", wanted, hint);
	return fault_set(json->fault, json->line,
	    "expected %s, found byte 0x%02x", wanted, (unsigned)c);
}

int
json_take(struct json *json, char c, const char *wanted)
{
	if (json_peek(json) != (unsigned char)c)
		return json_unexpected(json, wanted);
	json->next++;
	return CHAT_OK;
}

/* Returns the code unit of four hexadecimal digits, or -1. */
static int
code_unit(const char *digits, const char *end)
{
	char copy[5] = {0};

	if (end - digits < 4)
		return -1;
	memcpy(copy, digits, 4);
	for (int i = 0; i < 4; i++)
		if (!isxdigit((unsigned char)copy[i]))
			return -1;
	return (int)strtol(copy, NULL, 16);
}

/*
 * Passes over \u and its digits. cJSON would turn a \u without digits into NUL.
 */
static int
pass_code(struct json *json, unsigned long line)
{
	const char *p = json->next + 2, *end = json->end;
	int unit = code_unit(p, end), low = -1;

	if (unit == -1)
		return fault_set(
		    json->fault, line, "\\u without four hexadecimal digits");
	if (unit == 0)
		return fault_set(json->fault, line, "\\u0000 in a string");
	p += 4;
	if (unit >= 0xd800 && unit <= 0xdfff) {
		if (unit < 0xdc00 && end - p >= 6 && p[0] == '\\' &&
		    p[1] == 'u')
			low = code_unit(p + 2, end);
		if (low < 0xdc00 || low > 0xdfff)
			return fault_set(json->fault, line,
			    "a lone surrogate: \\ud800 to \\udfff are halves of a character and stand in pairs; write the character itself");
		p += 6;
	}
	json->next = p;
	return CHAT_OK;
}

/* Passes over a backslash and the character that it escapes. */
static int
pass_escape(struct json *json, unsigned long line)
{
	if (json->end - json->next < 2)
		return fault_set(
		    json->fault, line, "the file ends inside a string");
	if (json->next[1] == 'u')
		return pass_code(json, line);
	if (json->next[1] == '\0' ||
	    strchr("\"\\/bfnrt", json->next[1]) == NULL)
		return fault_set(json->fault, line,
		    "an escape in a string is not valid JSON; write \\\\ for a backslash");
	json->next += 2;
	return CHAT_OK;
}

/* Passes over a character of a string that is not plain. */
static int
pass_special(struct json *json, unsigned long line)
{
	unsigned char c = (unsigned char)*json->next;

	if (c == '\\')
		return pass_escape(json, line);
	if (c == '\n')
		return fault_set(json->fault, line,
		    "a string does not end on its line; is a double quote missing?");
	if (c < ' ')
		return fault_set(json->fault, line,
		    "a control character (byte 0x%02x) in a string", c);
	if (text_next(&json->next, json->end) == NOT_A_CHARACTER)
		return fault_set(json->fault, line,
		    "a string is not UTF-8; save the file as UTF-8");
	return CHAT_OK;
}

/* Printable ASCII that needs no escape in a string. */
static const bool is_plain[UINT8_MAX + 1] = {
    [' ' ... '!'] = true, ['#' ... '['] = true, [']' ... '~'] = true};

/*
 * Passes over a string. Sets *plain to whether it is plain ASCII without
 * escapes.
 */
static int
pass_string(struct json *json, bool *plain)
{
	unsigned long line = json->line;
	const char *p = json->next + 1, *end = json->end;
	int error;

	*plain = true;
	for (;;) {
		while (p < end && is_plain[(unsigned char)*p])
			p++;
		if (p == end)
			return fault_set(
			    json->fault, line, "the file ends inside a string");
		json->next = p;
		if (*p == '"')
			break;
		*plain = false;
		if ((error = pass_special(json, line)) != 0)
			return error;
		p = json->next;
	}
	json->next++;
	return CHAT_OK;
}

/* Has cJSON parse the string or number from start to json->next. */
static int
decode(struct json *json, const char *start, cJSON **tree)
{
	size_t len = (size_t)(json->next - start);

	if (len > LIMIT_ENTRY)
		return fault_set(json->fault, json->line,
		    "an entry is longer than %d bytes", LIMIT_ENTRY);
	*tree = cJSON_ParseWithLengthOpts(start, len, NULL, false);
	return *tree != NULL ? CHAT_OK
			     : fault_set(json->fault, json->line, "not JSON");
}

int
json_string(struct json *json, struct json_text *text)
{
	const char *start = json->next;
	int error = pass_string(json, &text->plain);

	text->bytes = start + 1;
	text->tree = NULL;
	if (error != 0)
		return error;
	text->len = (size_t)(json->next - start) - 2;
	if (text->plain || memchr(text->bytes, '\\', text->len) == NULL)
		return CHAT_OK;
	if ((error = decode(json, start, &text->tree)) != 0)
		return error;
	text->bytes = cJSON_GetStringValue(text->tree);
	text->len = strlen(text->bytes); /* pass_code() lets no NUL through */
	return CHAT_OK;
}

void
json_free(struct json_text *text)
{
	if (text->tree != NULL)
		cJSON_Delete(text->tree);
	text->tree = NULL;
}

/* Passes over digits. Returns whether there were any. */
static bool
pass_digits(struct json *json)
{
	const char *start = json->next;

	while (
	    json->next < json->end && *json->next >= '0' && *json->next <= '9')
		json->next++;
	return json->next > start;
}

/* Passes over a byte if it is one of these. Returns whether it was. */
static bool
pass_one_of(struct json *json, const char *these)
{
	if (json->next == json->end || *json->next == '\0' ||
	    strchr(these, *json->next) == NULL)
		return false;
	json->next++;
	return true;
}

/*
 * Passes over a number. cJSON would accept everything that strtod(3) accepts.
 */
static int
pass_number(struct json *json)
{
	const char *whole;
	bool good;

	(void)pass_one_of(json, "-");
	whole = json->next;
	good = pass_digits(json) && (*whole != '0' || json->next == whole + 1);
	if (pass_one_of(json, "."))
		good = pass_digits(json) && good;
	if (pass_one_of(json, "eE")) {
		(void)pass_one_of(json, "+-");
		good = pass_digits(json) && good;
	}
	return good
	    ? CHAT_OK
	    : fault_set(json->fault, json->line,
		  "a number is not valid JSON; leave out leading zeros, or use double quotes");
}

bool
json_starts_number(int c)
{
	return c == '-' || (c >= '0' && c <= '9');
}

int
json_number(struct json *json, double *number)
{
	const char *whole = json->next, *start = whole;
	cJSON *tree = NULL;
	long digits = 0;
	int error;

	if ((error = pass_number(json)) != 0)
		return error;
	while (start < json->next && *start >= '0' && *start <= '9' &&
	    digits < BIG)
		digits = 10 * digits + (*start++ - '0');
	*number = (double)digits;
	if (start == json->next)
		return CHAT_OK;
	if ((error = decode(json, whole, &tree)) == 0)
		*number = cJSON_GetNumberValue(tree);
	cJSON_Delete(tree);
	return error;
}

/* Passes over true, false or null. */
static int
pass_word(struct json *json)
{
	static const char *const words[] = {"true", "false", "null"};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (goes_on_with(json, words[i])) {
			json->next += strlen(words[i]);
			return CHAT_OK;
		}
	return json_unexpected(json, "a value");
}

int
json_list(struct json *json, json_item *item, void *arg)
{
	int error;

	json->next++;
	if (json_peek(json) == ']')
		return json_take(json, ']', "");
	do {
		json_peek(json);
		if ((error = item(json, arg)) != 0)
			return error;
		if (json_peek(json) == ']')
			return json_take(json, ']', "");
	} while ((error = json_take(json, ',', "a comma or ]")) == 0);
	return error;
}

/* Reads a key and its colon, and moves to its value. */
static int
take_key(struct json *json, struct json_text *key)
{
	int error;

	if (json_peek(json) != '"')
		return json_unexpected(json, "a key in double quotes");
	if ((error = json_string(json, key)) != 0)
		return error;
	if ((error = json_take(json, ':', "a colon after a key")) == 0)
		json_peek(json);
	return error;
}

int
json_object(struct json *json, json_member *member, void *arg)
{
	int error;

	json->next++;
	if (json_peek(json) == '}')
		return json_take(json, '}', "");
	do {
		struct json_text key = {.tree = NULL};

		if ((error = take_key(json, &key)) == 0)
			error = member(json, &key, arg);
		json_free(&key);
		if (error != 0)
			return error;
		if (json_peek(json) == '}')
			return json_take(json, '}', "");
	} while ((error = json_take(json, ',', "a comma or }")) == 0);
	return error;
}

static int
pass_item(struct json *json, void *arg)
{
	return json_skip(json, *(const unsigned *)arg);
}

static int
pass_member(struct json *json, const struct json_text *key, void *arg)
{
	(void)key;
	return json_skip(json, *(const unsigned *)arg);
}

int
json_skip(struct json *json, unsigned most)
{
	int c = json_peek(json);
	bool plain;

	if (c == '"')
		return pass_string(json, &plain);
	if (json_starts_number(c))
		return pass_number(json);
	if (c != '[' && c != '{')
		return pass_word(json);
	if (most-- == 0)
		return fault_set(json->fault, json->line,
		    "brackets and braces are nested more than %d deep",
		    LIMIT_DEPTH);
	return c == '[' ? json_list(json, pass_item, &most)
			: json_object(json, pass_member, &most);
}
