/* Reading a log back. */
#include "listener/recorder/reading.h"

#include <string.h>
#include <sys/stat.h>

#include "common/base/error.h"
#include "listener/recorder/older.h"
#include "listener/recorder/tail.h"

#define SIZE_BUFFER (4 * SIZE_RECORD)

/* Reads lines of one file. */
struct scan {
	const struct suite *suite;
	struct memory *memory;
	bool started; /* the chain is known */
	struct chain chain;
	off_t offset; /* of the next line */
};

/* A file, and from where on it is read. */
struct part {
	int fd;
	off_t from, size;
};

static int
remember(struct scan *scan, const struct record *record)
{
	const struct span text = {record->text, record->len};
	uint8_t digest[SIZE_HASH];
	struct mark mark;
	int error;

	if ((error = suite_sha256(scan->suite, &text, 1, digest)) == 0 &&
	    (error = memory_mark(scan->memory, scan->suite, record->from,
		 record->listed, record->id, digest, &mark)) == 0)
		memory_add(scan->memory, &mark, &scan->chain);
	return error;
}

/* A line with its LF. The first line of a file differs from all others. */
static int
take_line(struct scan *scan, const char *line, size_t len)
{
	static struct record_store store;
	enum chain_line kind =
	    scan->offset == 0 ? CHAIN_FIRST_LINE : CHAIN_RECORD;
	struct record record;
	int error;

	error = kind == CHAIN_FIRST_LINE
	    ? record_read_first_line(line, len, &store.position)
	    : record_read(line, len, &record, &store);
	if (error != 0)
		return error;
	if (!scan->started)
		chain_before(&scan->chain, kind, &store.position);
	scan->started = true;
	error = chain_add(
	    &scan->chain, scan->suite, kind, &store.position, line, len);
	if (error == 0 && kind == CHAIN_RECORD)
		error = remember(scan, &record);
	if (error == 0)
		scan->offset += (off_t)len;
	return error;
}

/* Takes the whole lines in the buffer. *used is the number of their bytes. */
static int
take_lines(struct scan *scan, const char *bytes, size_t len, size_t *used)
{
	const char *lf;
	size_t more;
	int error = CHAT_OK;

	*used = 0;
	while (error == 0 &&
	    (lf = memchr(bytes + *used, '\n', len - *used)) != NULL) {
		more = (size_t)(lf - bytes) + 1 - *used;
		error = take_line(scan, bytes + *used, more);
		*used += more;
	}
	return error;
}

/*
 * Takes all lines of a part, through a buffer. Returns CHAT_EMALFORMED at a
 * line that is not a line of a log, or not the next one, or has no LF; it is at
 * scan->offset.
 */
static int
scan_through(struct scan *scan, const struct part *part, char *buffer)
{
	size_t have = 0, more, used;
	off_t at = part->from;
	int error;

	while (at < part->size) {
		more = SIZE_BUFFER - have;
		if ((off_t)more > part->size - at)
			more = (size_t)(part->size - at);
		if ((error = tail_read(part->fd, buffer + have, more, at)) != 0)
			return error;
		at += (off_t)more;
		have += more;
		if ((error = take_lines(scan, buffer, have, &used)) != 0)
			return error;
		if (used == 0 && have == SIZE_BUFFER)
			return CHAT_EMALFORMED;
		have -= used;
		memmove(buffer, buffer + used, have);
	}
	return have == 0 ? CHAT_OK : CHAT_EMALFORMED;
}

static int
scan_part(struct scan *scan, const struct part *part)
{
	static char buffer[SIZE_BUFFER];
	int error;

	scan->offset = part->from;
	scan->started = false;
	error = scan_through(scan, part, buffer);
	explicit_bzero(buffer, sizeof(buffer));
	return error;
}

/* Whether a write at the end of a file was torn, at its first bad line. */
static bool
is_torn(int fd, off_t offset, off_t size)
{
	static char rest[CHAIN_WRITE_MOST];
	size_t len = (size_t)(size - offset);
	const char *lf;

	if (len > sizeof(rest) || tail_read(fd, rest, len, offset) != 0)
		return false;
	lf = memchr(rest, '\n', len);
	return chain_is_torn(offset == 0 ? CHAIN_FIRST_LINE : CHAIN_RECORD,
	    rest, lf == NULL ? len : (size_t)(lf - rest) + 1, len);
}

static int
refuse(int fd, off_t offset, bool older, struct reading_fault *fault)
{
	unsigned long before;

	if (tail_count(fd, offset, &before) != 0)
		return CHAT_EIO;
	*fault = (struct reading_fault){.older = older,
	    .line = before + 1,
	    .reason = offset == 0 ? "not a log of chat-listen"
				  : "not the line that belongs here"};
	return CHAT_EMALFORMED;
}

/* Reads the newest file with lines. Leaves a torn write at its end out. */
static int
read_newest(struct scan *scan, const struct part *part, bool older,
    struct reading *reading, struct reading_fault *fault)
{
	int error = scan_part(scan, part);

	if (error == CHAT_EMALFORMED &&
	    !is_torn(part->fd, scan->offset, part->size))
		return refuse(part->fd, scan->offset, older, fault);
	if (error != 0 && error != CHAT_EMALFORMED)
		return error;
	reading->chain = scan->chain;
	reading->last = part->fd;
	reading->size = scan->offset;
	reading->seen = part->size;
	reading->torn += part->size - scan->offset;
	return CHAT_OK;
}

/*
 * The parts that have the last MEMORY_MESSAGES messages, the newest first:
 * parts[0] is there, and `chain` is where its file starts. Returns their
 * number, or 0 for an error.
 */
static size_t
find_parts(struct part parts[1 + OLDER_MOST], struct chain chain,
    const struct older *list, size_t count, bool *gap)
{
	size_t want = MEMORY_MESSAGES, used = 0, lines;
	const struct older *before;
	struct part *part;

	for (;;) {
		part = &parts[used++];
		if (tail_find(
			part->fd, part->size, want, &part->from, &lines) != 0)
			return 0;
		want -= part->from == 0 && lines > 0 ? lines - 1 : lines;
		if (want == 0 || part->from > 0 || chain.seq == 0)
			return used;
		before = older_before(list, count, &chain);
		if (before == NULL || used > OLDER_MOST) {
			*gap = true;
			return used;
		}
		parts[used] = (struct part){before->fd, 0, before->size};
		chain = before->before;
	}
}

/* Reads back from the newest file, where the chain starts like that. */
static int
read_parts(struct scan *scan, struct part parts[1 + OLDER_MOST],
    const struct chain *chain, const struct older *list, size_t count,
    struct reading *reading)
{
	size_t used = find_parts(parts, *chain, list, count, &reading->gap);

	if (used == 0)
		return CHAT_EIO;
	for (size_t i = used - 1; i > 0; i--)
		if (scan_part(scan, &parts[i]) != 0)
			reading->gap = true;
	return CHAT_OK;
}

static size_t
look_at_all(const struct suite *suite, const int older[], size_t count,
    struct older list[OLDER_MOST])
{
	size_t usable = 0;

	for (size_t i = 0; i < count && i < OLDER_MOST; i++)
		if (older_look(suite, older[i], &list[usable]))
			usable++;
	return usable;
}

int
reading_log(const struct suite *suite, struct memory *memory, int fd,
    const int older[], size_t count, struct reading *reading,
    struct reading_fault *fault)
{
	struct scan scan = {.suite = suite, .memory = memory};
	struct part parts[1 + OLDER_MOST];
	struct older list[OLDER_MOST];
	const struct older *newest;
	struct chain start;
	struct stat st;
	int error;

	*reading = (struct reading){.last = -1};
	if (fstat(fd, &st) != 0)
		return CHAT_EIO;
	count = look_at_all(suite, older, count, list);
	if (older_start(fd, st.st_size, &start)) {
		parts[0] = (struct part){fd, 0, st.st_size};
		error = read_parts(&scan, parts, &start, list, count, reading);
		return error != 0
		    ? error
		    : read_newest(&scan, &parts[0], false, reading, fault);
	}
	if (st.st_size > 0 && !is_torn(fd, 0, st.st_size))
		return refuse(fd, 0, false, fault);
	reading->torn = st.st_size;
	if ((newest = older_newest(list, count)) == NULL)
		return CHAT_OK;
	parts[0] = (struct part){newest->fd, 0, newest->size};
	error = read_parts(&scan, parts, &newest->before, list, count, reading);
	return error != 0 ? error
			  : read_newest(&scan, &parts[0], true, reading, fault);
}
