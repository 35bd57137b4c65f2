/*
 * The chain through a log: each line has the hash of the line before, across
 * all files of the log. A line that is changed, removed or added breaks it.
 */
#ifndef COMMON_LOG_CHAIN_H
#define COMMON_LOG_CHAIN_H

#include "common/chat1/suite.h"
#include "common/log/record.h"

/*
 * The kinds of lines: the first one of each file, and messages. The value is
 * the number of messages in such a line.
 */
enum chain_line {
	CHAIN_FIRST_LINE = 0,
	CHAIN_RECORD = 1,
};

/* The state of a log behind its last line. All zero before the first line. */
struct chain {
	uint64_t seq;            /* number of messages */
	uint8_t head[SIZE_HASH]; /* H(last line), LF included */
};

/* Sets *position to the position of the next line. */
void chain_next(const struct chain *chain, enum chain_line kind,
    struct record_position *position);

/*
 * Adds a line of len bytes, LF included; position is what the line says of its
 * position. Returns 0; CHAT_EMALFORMED if that is not the position of the next
 * line; CHAT_EINTERNAL. After an error the chain is as before.
 */
int chain_add(struct chain *chain, const struct suite *suite,
    enum chain_line kind, const struct record_position *position,
    const char *line, size_t len);

/* Sets *chain to the state before the line that has this position. */
void chain_before(struct chain *chain, enum chain_line kind,
    const struct record_position *position);

/* Bytes that one write may have, and so the most that a crash can tear. */
#define CHAIN_WRITE_MOST ((size_t)1 << 20)

/*
 * Whether a bad line of len bytes can be of a write that was never synced: it
 * starts like a line, and has no LF, or NULs where the disk has no data. `rest`
 * is the number of bytes from its start to the end of the file: all of them are
 * of the same write. A first line is a write of its own.
 */
bool chain_is_torn(
    enum chain_line kind, const char *line, size_t len, size_t rest);

#endif
