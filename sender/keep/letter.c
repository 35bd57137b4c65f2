/* A message of the spool, as its file has it. */
#include "sender/keep/letter.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "common/base/crc32.h"
#include "common/base/error.h"
#include "common/base/hex.h"
#include "common/base/host.h"
#include "common/base/name.h"
#include "common/base/text.h"
#include "common/base/timestamp.h"

#define FIRST_LINE "chat-spool 1\n"
#define SIZE_CHECK sizeof("check 00000000\n") /* the last line */
#define SIZE_NUMBER 24

static int
family_number(int family)
{
	return family == AF_INET ? 4 : family == AF_INET6 ? 6 : 0;
}

/* Whether a value can stand on a line. */
static bool
is_one_line(const char *value)
{
	while (*value != '\0')
		if ((unsigned char)*value < ' ' || *value++ == 0x7f)
			return false;
	return true;
}

size_t
letter_spell(const struct letter *letter, const char *text, size_t len,
    char file[SIZE_LETTER])
{
	const struct way *way = &letter->way;
	char id[2 * SIZE_ID + 1], composed[SIZE_INSTANT + 1] = "";
	char kept[SIZE_INSTANT + 1] = "";
	size_t size;
	int head;

	if (!is_one_line(way->directory) || !is_one_line(way->variable) ||
	    !is_one_line(way->config) || !is_one_line(way->key_file) ||
	    len > LIMIT_TEXT ||
	    timestamp_format(letter->composed, composed) != 0 ||
	    timestamp_format(letter->kept.wall, kept) != 0)
		return 0;
	hex_encode(letter->drawn, SIZE_ID, id);
	head = snprintf(file, SIZE_LETTER,
	    FIRST_LINE
	    "id %s\nchosen %d\nfrom %s\nto %s\ncomposed %s\nkept %s\nup %" PRId64
	    "\nboot %s\nlife %u\nfamily %d\nport %u\ntimeout %u\naddress %s\ndirectory %s\nvariable %s\nconfig %s\nkey %s\nbatch %d\ntext %zu\n",
	    id, letter->id_given, way->from, way->to, composed, kept,
	    letter->kept.up, letter->kept.boot, letter->life_s,
	    family_number(way->family), way->port, way->timeout_s, way->address,
	    way->directory, way->variable, way->config, way->key_file,
	    letter->batch, len);
	if (head < 0 || (size_t)head + len + 1 + SIZE_CHECK > SIZE_LETTER)
		return 0;
	size = (size_t)head;
	memcpy(file + size, text, len);
	size += len;
	file[size++] = '\n';
	return size +
	    (size_t)snprintf(file + size, SIZE_CHECK, "check %08" PRIx32 "\n",
		crc32_add(0, file, size));
}

/* What is left of a file. Once something is wrong, nothing is read any more. */
struct reader {
	const char *at, *end;
	bool wrong;
};

/* Reads a line with this key into a value of so many bytes. */
static void
take_value(struct reader *reader, const char *key, char *value, size_t size)
{
	size_t key_len = strlen(key), len;
	const char *at = reader->at, *line_end;

	*value = '\0';
	line_end =
	    reader->wrong ? NULL : memchr(at, '\n', (size_t)(reader->end - at));
	if (line_end == NULL || (size_t)(line_end - at) <= key_len ||
	    memcmp(at, key, key_len) != 0 || at[key_len] != ' ') {
		reader->wrong = true;
		return;
	}
	at += key_len + 1;
	len = (size_t)(line_end - at);
	if (len >= size || memchr(at, '\0', len) != NULL) {
		reader->wrong = true;
		return;
	}
	memcpy(value, at, len);
	value[len] = '\0';
	reader->at = line_end + 1;
}

static int64_t
take_number(struct reader *reader, const char *key, int64_t most)
{
	char value[SIZE_NUMBER];
	const char *error;
	int64_t number;

	take_value(reader, key, value, sizeof(value));
	number = strtonum(value, 0, most, &error);
	reader->wrong |= error != NULL;
	return number;
}

static int64_t
take_instant(struct reader *reader, const char *key)
{
	char value[SIZE_INSTANT + 1];
	int64_t instant = 0;

	take_value(reader, key, value, sizeof(value));
	reader->wrong |= strlen(value) != SIZE_INSTANT ||
	    timestamp_parse(value, &instant) != 0;
	return instant;
}

static void
take_id(struct reader *reader, uint8_t id[SIZE_ID])
{
	char value[2 * SIZE_ID + 1];

	take_value(reader, "id", value, sizeof(value));
	reader->wrong |= hex_decode(value, id, SIZE_ID) != 0;
}

static void
take_name(struct reader *reader, const char *key, char name[LIMIT_NAME + 1])
{
	take_value(reader, key, name, LIMIT_NAME + 1);
	reader->wrong |= !name_valid(name, strlen(name));
}

static void
take_way(struct reader *reader, struct way *way)
{
	enum host_kind kind;
	const char *why;
	int64_t family = take_number(reader, "family", 6);

	way->family = family == 4 ? AF_INET
	    : family == 6         ? AF_INET6
				  : AF_UNSPEC;
	way->port = (unsigned)take_number(reader, "port", UINT16_MAX);
	way->timeout_s =
	    (unsigned)take_number(reader, "timeout", MOST_TIMEOUT_S);
	take_value(reader, "address", way->address, sizeof(way->address));
	reader->wrong |= *way->address != '\0' &&
	    host_read(way->address, strlen(way->address), &kind, &why) != 0;
	take_value(reader, "directory", way->directory, PATH_MAX);
	take_value(reader, "variable", way->variable, PATH_MAX);
	take_value(reader, "config", way->config, PATH_MAX);
	take_value(reader, "key", way->key_file, PATH_MAX);
}

static void
take_head(struct reader *reader, struct letter *letter)
{
	take_id(reader, letter->drawn);
	letter->id_given = take_number(reader, "chosen", 1) == 1;
	take_name(reader, "from", letter->way.from);
	take_name(reader, "to", letter->way.to);
	letter->composed = take_instant(reader, "composed");
	letter->kept.wall = take_instant(reader, "kept");
	letter->kept.up = take_number(reader, "up", INT64_MAX);
	take_value(reader, "boot", letter->kept.boot, SIZE_BOOT);
	letter->life_s = (unsigned)take_number(reader, "life", MOST_KEPT_S);
	take_way(reader, &letter->way);
	letter->batch = take_number(reader, "batch", 1) == 1;
}

int
letter_read(const char *file, size_t size, struct letter *letter,
    const char **text, size_t *len)
{
	struct reader reader = {file, file + size, false};
	char check[SIZE_NUMBER], right[SIZE_NUMBER];
	size_t first = strlen(FIRST_LINE);

	if (size < first || memcmp(file, FIRST_LINE, first) != 0)
		return CHAT_EMALFORMED;
	reader.at += first;
	take_head(&reader, letter);
	*len = (size_t)take_number(&reader, "text", LIMIT_TEXT);
	*text = reader.at;
	if (reader.wrong || (size_t)(reader.end - reader.at) <= *len ||
	    reader.at[*len] != '\n' || text_check(*text, *len) != 0)
		return CHAT_EMALFORMED;
	reader.at += *len + 1;
	(void)snprintf(right, sizeof(right), "%08" PRIx32,
	    crc32_add(0, file, (size_t)(reader.at - file)));
	take_value(&reader, "check", check, sizeof(check));
	return !reader.wrong && reader.at == reader.end &&
		strcmp(check, right) == 0
	    ? CHAT_OK
	    : CHAT_EMALFORMED;
}

int64_t
letter_expires(const struct letter *letter)
{
	return letter->kept.wall + letter->life_s;
}

bool
letter_is_over(const struct letter *letter, const struct moment *now)
{
	return moment_between(&letter->kept, now) >= letter->life_s;
}
