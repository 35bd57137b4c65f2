/*
 * Records: a message as a line of JSON, in one canonical spelling. chat-listen
 * -j writes this object, and a command can read it. With its position in the
 * chain it is a line of the received log. chat-listen(1), As JSON.
 */
#ifndef COMMON_LOG_RECORD_H
#define COMMON_LOG_RECORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/limits.h"

/*
 * Maximum length of a record in bytes, LF included: six for each byte of the
 * text (\u0000 for a control character), and the rest. And the same of the
 * first line of a file.
 */
#define SIZE_RECORD (6 * LIMIT_TEXT + 1024)
#define SIZE_RECORD_HEAD 512 /* without the text, outside of a log */
#define SIZE_FIRST_LINE 160

/* The same of all records of a batch. */
#define SIZE_RECORDS (SIZE_RECORD + LIMIT_LINES * SIZE_RECORD_HEAD)

#define LIMIT_ADDRESS 45 /* bytes of a numeric IPv6 address */

/* The position of a line in the log. */
struct record_position {
	uint64_t seq;            /* number of messages, this one included */
	uint8_t prev[SIZE_HASH]; /* H(line before), LF included */
};

/*
 * The contents of a record. Only the text needs escapes; it is UTF-8. A batch
 * is one record in a log, with the number of its lines in `lines`. Elsewhere
 * each line is a record with its number, from 1, and the number of lines.
 */
struct record {
	const struct record_position *position; /* NULL outside of a log */
	const uint8_t *id;                      /* SIZE_ID bytes */
	const char *from, *to;                  /* user names */
	bool listed;
	const char *address;    /* numeric, without an interface */
	int64_t sent, received; /* seconds since the epoch, see timestamp.h */
	size_t line, lines;     /* see above; 0 unless it is of a batch */
	const char *text;
	size_t len;
	bool ascii; /* escape everything outside of ASCII */
};

/* Memory for the fields that record_read() finds. */
struct record_store {
	struct record_position position;
	uint8_t id[SIZE_ID];
	char from[LIMIT_NAME + 1], to[LIMIT_NAME + 1];
	char address[LIMIT_ADDRESS + 1];
	char text[LIMIT_TEXT];
};

/*
 * Writes a record to out, which has room for SIZE_RECORD bytes; it ends with
 * LF, without a NUL. Returns its length in bytes. Characters that
 * text_is_unsafe() names are escaped.
 */
size_t record_spell(const struct record *record, char *out);

/*
 * The same outside of a log, where each line of a batch is a record of its own:
 * of a whole batch, which has `line` 0, writes all of them. `out` has room for
 * SIZE_RECORDS bytes.
 */
size_t record_spell_all(const struct record *record, char *out);

/* Sets prev in a record that record_spell() wrote with a position. */
void record_link(char *record, const uint8_t prev[SIZE_HASH]);

/*
 * Writes the first line of a file of a log to out, which has room for
 * SIZE_FIRST_LINE bytes. Its seq is that of the line before. Returns its length
 * in bytes.
 */
size_t record_spell_first_line(
    const struct record_position *position, char *out);

/*
 * Matches a line of a log against the template of a record. Copies the fields
 * to *store, to which *record then points. Returns 0, or CHAT_EMALFORMED unless
 * the line is byte for byte what record_spell() makes of these fields, names
 * are valid, text_check() accepts the text, and batch_count() counts its lines
 * if it is a batch.
 */
int record_read(const char *line, size_t len, struct record *record,
    struct record_store *store);

/* The same for the first line of a file; only *position is set. */
int record_read_first_line(
    const char *line, size_t len, struct record_position *position);

#endif
