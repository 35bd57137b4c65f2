/* One entry of the user directory. */
#include "common/users/entry.h"

#include <string.h>

#include "common/base/error.h"
#include "common/base/host.h"
#include "common/base/limits.h"
#include "common/base/name.h"
#include "common/base/text.h"

enum key { KEY_NAME, KEY_PASSWORD, KEY_PORT, KEY_HOST, KEYS };

static const struct {
	const char *spelling;
	size_t len;
} keys[KEYS] = {
    [KEY_NAME] = {"username", 8},
    [KEY_PASSWORD] = {"password", 8},
    [KEY_PORT] = {"port", 4},
    [KEY_HOST] = {"ip", 2},
};

/* The value of one key. */
struct value {
	bool seen;
	unsigned long line;
	struct json_text text; /* bytes is NULL if the value is not a string */
	double number;         /* 0 if it is not a number */
};

/* An entry that is being read. */
struct parsing {
	struct json *json;
	const char *start;
	unsigned long line;
	struct value values[KEYS + 1]; /* the last is for unknown keys */
};

bool
password_valid(const char *password, size_t len)
{
	const char *end = password + len;
	int32_t c;

	if (len == 0 || len > LIMIT_PASSWORD)
		return false;
	while (password < end) {
		c = text_next(&password, end);
		if (c < ' ' || (c >= 0x7f && c <= 0x9f))
			return false;
	}
	return true;
}

/* Returns which key this is, or KEYS. */
static enum key
key_of(const struct json_text *text)
{
	enum key key = KEY_NAME;

	while (key < KEYS &&
	    (text->len != keys[key].len ||
		memcmp(text->bytes, keys[key].spelling, text->len) != 0))
		key++;
	return key;
}

bool
entry_has_key(const struct json_text *text)
{
	return key_of(text) != KEYS;
}

static int
too_long(const struct parsing *parsing)
{
	return fault_set(parsing->json->fault, parsing->line,
	    "an entry is longer than %d bytes", LIMIT_ENTRY);
}

/* Reads the value of a key. An unknown key may have any value. */
static int
read_member(struct json *json, const struct json_text *text, void *arg)
{
	struct parsing *parsing = arg;
	enum key key = key_of(text);
	struct value *value = &parsing->values[key];

	if (json->next - parsing->start > LIMIT_ENTRY)
		return too_long(parsing);
	if (key == KEYS)
		return json_skip(json, LIMIT_DEPTH - 1);
	if (value->seen)
		return fault_set(json->fault, json->line,
		    "an entry has \"%s\" twice", keys[key].spelling);
	value->seen = true;
	value->line = json->line;
	if (json_peek(json) == '"')
		return json_string(json, &value->text);
	if (key == KEY_PORT && json_starts_number(json_peek(json)))
		return json_number(json, &value->number);
	return json_skip(json, LIMIT_DEPTH - 1);
}

static int
read_members(struct parsing *parsing)
{
	struct json *json = parsing->json;
	int error = json_object(json, read_member, parsing);

	if (error != 0 && json->next == json->end)
		return fault_set(json->fault, parsing->line,
		    "the entry that starts here does not end; is a } missing?");
	if (error == 0 && json->next - parsing->start > LIMIT_ENTRY)
		return too_long(parsing);
	return error;
}

/*
 * Returns the port, given as a number or as a string of digits; 0 if it is
 * neither.
 */
static uint16_t
port_of(const struct value *value)
{
	double number = value->number;

	if (value->text.bytes != NULL && value->text.len >= 1 &&
	    value->text.len <= 5) {
		for (size_t i = 0; i < value->text.len; i++) {
			char c = value->text.bytes[i];

			if (c < '0' || c > '9')
				return 0;
			number = 10 * number + (c - '0');
		}
	}
	if (!(number >= 1 && number <= 65535) ||
	    number != (double)(uint16_t)number)
		return 0;
	return (uint16_t)number;
}

/* Checks that all keys are there, and that all but the port are strings. */
static int
check_keys(const struct parsing *parsing)
{
	struct fault *fault = parsing->json->fault;

	for (enum key key = KEY_NAME; key < KEYS; key++) {
		const struct value *value = &parsing->values[key];

		if (!value->seen)
			return fault_set(fault, parsing->line,
			    "an entry has no \"%s\"", keys[key].spelling);
		if (value->text.bytes == NULL && key != KEY_PORT)
			return fault_set(fault, value->line,
			    "\"%s\" is not a string", keys[key].spelling);
	}
	return CHAT_OK;
}

static int
check_values(const struct parsing *parsing, struct entry *entry)
{
	const struct value *values = parsing->values;
	const struct json_text *name = &entry->name, *host = &entry->host;
	const struct json_text *password = &entry->password;
	struct fault *fault = parsing->json->fault;
	int name_len = (int)name->len;
	enum host_kind kind;
	const char *why;

	if (!name_valid(name->bytes, name->len))
		return fault_set(fault, values[KEY_NAME].line,
		    "\"username\" is not a name: 1 to %d of A-Z a-z 0-9 . _ - @ +, starting with a letter, digit or _",
		    LIMIT_NAME);
	if (!(password->plain && password->len >= 1 &&
		password->len <= LIMIT_PASSWORD) &&
	    !password_valid(password->bytes, password->len))
		return fault_set(fault, values[KEY_PASSWORD].line,
		    "the password of %.*s is not 1 to %d bytes without control characters",
		    name_len, name->bytes, LIMIT_PASSWORD);
	if (host_read(host->bytes, host->len, &kind, &why) != 0)
		return fault_set(fault, values[KEY_HOST].line,
		    "the \"ip\" of %.*s is wrong: %s", name_len, name->bytes,
		    why);
	if ((entry->port = port_of(&values[KEY_PORT])) == 0)
		return fault_set(fault, values[KEY_PORT].line,
		    "the \"port\" of %.*s is not a number from 1 to 65535",
		    name_len, name->bytes);
	return CHAT_OK;
}

int
entry_read(struct json *json, struct entry *entry)
{
	struct parsing parsing = {
	    .json = json, .start = json->next, .line = json->line};
	struct value *values = parsing.values;
	int error;

	if ((error = read_members(&parsing)) == 0)
		error = check_keys(&parsing);
	*entry = (struct entry){.name = values[KEY_NAME].text,
	    .password = values[KEY_PASSWORD].text,
	    .host = values[KEY_HOST].text,
	    .line = parsing.line};
	if (error == 0)
		error = check_values(&parsing, entry);
	json_free(&values[KEY_PORT].text);
	return error;
}

void
entry_close(struct entry *entry)
{
	json_free(&entry->name);
	json_free(&entry->password);
	json_free(&entry->host);
}
