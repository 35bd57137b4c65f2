/* Entries that are spelled plainly. */
#include "common/users/plain.h"

#include <string.h>

#include "common/base/limits.h"
#include "common/base/name.h"

#define KEYS 4

struct reader {
	const char *next, *end;
	unsigned long lines; /* passed over */
};

struct job {
	const char *start;
	size_t len;
};

/* Moves to what is not white space. Returns whether there is something. */
static bool
skip_space(struct reader *reader)
{
	for (; reader->next < reader->end; reader->next++)
		if (*reader->next == '\n')
			reader->lines++;
		else if (*reader->next != ' ' && *reader->next != '\t' &&
		    *reader->next != '\r')
			return true;
	return false;
}

/* Passes over white space, and then over one character, which must be c. */
static bool
take(struct reader *reader, char c)
{
	if (!skip_space(reader) || *reader->next != c)
		return false;
	reader->next++;
	return true;
}

/* A string of printable ASCII without escapes, at its opening quote. */
static bool
take_string(struct reader *reader, struct job *run)
{
	const char *p;

	if (!take(reader, '"'))
		return false;
	p = run->start = reader->next;
	while (p < reader->end && *p >= ' ' && *p < 0x7f && *p != '"' &&
	    *p != '\\')
		p++;
	run->len = (size_t)(p - run->start);
	reader->next = p + 1;
	return p < reader->end && *p == '"';
}

/* Digits that are a port. */
static bool
is_port(const char *digits, size_t len, uint16_t *port)
{
	unsigned number = 0;

	if (len == 0 || len > 5)
		return false;
	for (size_t i = 0; i < len; i++) {
		if (digits[i] < '0' || digits[i] > '9')
			return false;
		number = 10 * number + (unsigned)(digits[i] - '0');
	}
	*port = (uint16_t)number;
	return number >= 1 && number <= 65535;
}

/* A number, of which JSON wants no zero in front, or a string. */
static bool
take_port(struct reader *reader, uint16_t *port)
{
	struct job run;
	const char *p;

	if (!take(reader, ':') || !skip_space(reader))
		return false;
	if (*reader->next == '"')
		return take_string(reader, &run) &&
		    is_port(run.start, run.len, port);
	for (p = reader->next; p < reader->end && *p >= '0' && *p <= '9';)
		p++;
	run = (struct job){reader->next, (size_t)(p - reader->next)};
	reader->next = p;
	return is_port(run.start, run.len, port) && *run.start != '0';
}

static bool
take_value(struct reader *reader, struct job *run)
{
	return take(reader, ':') && take_string(reader, run);
}

static bool
is_key(const struct job *run, const char *key)
{
	return run->len == strlen(key) &&
	    memcmp(run->start, key, run->len) == 0;
}

/* One member. Each is a bit of *seen, which it must not have been before. */
static bool
take_member(struct reader *reader, struct entry *entry, unsigned *seen)
{
	struct job key, value = {NULL, 0};
	unsigned bit = 0;
	bool good = false;

	if (!take_string(reader, &key))
		return false;
	if (is_key(&key, "username")) {
		bit = 1;
		good = take_value(reader, &value) &&
		    name_valid(value.start, value.len);
		entry->name = value.start;
		entry->name_len = value.len;
	} else if (is_key(&key, "password")) {
		bit = 2;
		good = take_value(reader, &value) && value.len >= 1 &&
		    value.len <= LIMIT_PASSWORD;
		entry->password = value.start;
		entry->password_len = value.len;
	} else if (is_key(&key, "ip")) {
		bit = 4;
		good = take_value(reader, &value) &&
		    host_valid(value.start, value.len);
		entry->host = value.start;
		entry->host_len = value.len;
	} else if (is_key(&key, "port")) {
		bit = 8;
		good = take_port(reader, &entry->port);
	}
	good = good && (*seen & bit) == 0;
	*seen |= bit;
	return good;
}

bool
plain_entry(const char **next, const char *end, unsigned long *line,
    struct entry *entry)
{
	struct reader reader = {.next = *next, .end = end};
	unsigned seen = 0;

	for (int i = 0; i < KEYS; i++)
		if (!take(&reader, i == 0 ? '{' : ',') ||
		    !take_member(&reader, entry, &seen))
			return false;
	if (!take(&reader, '}') || reader.next - *next > LIMIT_ENTRY)
		return false;
	*next = reader.next;
	*line += reader.lines;
	return true;
}
