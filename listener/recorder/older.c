/* The older files of a log. */
#include "listener/recorder/older.h"

#include <string.h>
#include <sys/stat.h>

#include "common/base/error.h"
#include "listener/recorder/tail.h"

static char line[SIZE_RECORD];
static struct record_store store;

/* Reads the first line. Returns its length, or 0 if it does not start a file of
 * a log. */
static size_t
read_first_line(int fd, off_t size, struct record_position *position)
{
	size_t len = size < SIZE_FIRST_LINE ? (size_t)size : SIZE_FIRST_LINE;
	const char *lf;

	if (tail_read(fd, line, len, 0) != 0 ||
	    (lf = memchr(line, '\n', len)) == NULL)
		return 0;
	len = (size_t)(lf - line) + 1;
	return record_read_first_line(line, len, position) == 0 ? len : 0;
}

bool
older_start(int fd, off_t size, struct chain *before)
{
	struct record_position position;

	if (read_first_line(fd, size, &position) == 0)
		return false;
	chain_before(before, CHAIN_FIRST_LINE, &position);
	return true;
}

/*
 * Reads the last whole line, which starts at `start`. Returns its length, or 0
 * if it is not a record.
 */
static size_t
read_last(
    const struct older *older, off_t start, struct record_position *position)
{
	size_t len = older->size - start < SIZE_RECORD
	    ? (size_t)(older->size - start)
	    : SIZE_RECORD;
	struct record record;
	const char *lf;

	if (tail_read(older->fd, line, len, start) != 0 ||
	    (lf = memchr(line, '\n', len)) == NULL)
		return 0;
	len = (size_t)(lf - line) + 1;
	if (record_read(line, len, &record, &store) != 0)
		return 0;
	*position = store.position;
	return len;
}

/* Sets *chain to the state behind the line that was read last. */
static bool
end_chain(const struct suite *suite, enum chain_line kind,
    const struct record_position *position, size_t len, struct chain *chain)
{
	if (len == 0)
		return false;
	chain_before(chain, kind, position);
	return chain_add(chain, suite, kind, position, line, len) == 0;
}

bool
older_look(const struct suite *suite, int fd, struct older *older)
{
	struct record_position position;
	size_t lines, len;
	struct stat st;
	off_t last;

	if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode))
		return false;
	*older = (struct older){.fd = fd, .size = st.st_size};
	len = read_first_line(fd, older->size, &position);
	if (!end_chain(
		suite, CHAIN_FIRST_LINE, &position, len, &older->behind) ||
	    tail_find(fd, older->size, 1, &last, &lines) != 0)
		return false;
	chain_before(&older->before, CHAIN_FIRST_LINE, &position);
	if (last == 0)
		return true; /* the first line is the last one too */
	len = read_last(older, last, &position);
	older->broken =
	    !end_chain(suite, CHAIN_RECORD, &position, len, &older->behind);
	return true;
}

static bool
is_at(const struct chain *one, const struct chain *other)
{
	return one->seq == other->seq &&
	    memcmp(one->head, other->head, SIZE_HASH) == 0;
}

const struct older *
older_before(const struct older *list, size_t count, const struct chain *chain)
{
	for (size_t i = 0; i < count; i++)
		if (!list[i].broken && is_at(&list[i].behind, chain))
			return &list[i];
	return NULL;
}

/* Returns a file that goes on from that one without a message, or NULL. */
static const struct older *
older_after(const struct older *list, size_t count, const struct older *before)
{
	for (size_t i = 0; i < count; i++)
		if (&list[i] != before &&
		    is_at(&list[i].before, &before->behind))
			return &list[i];
	return NULL;
}

const struct older *
older_newest(const struct older *list, size_t count)
{
	const struct older *newest = NULL, *after;

	for (size_t i = 0; i < count; i++)
		if (newest == NULL || list[i].behind.seq > newest->behind.seq)
			newest = &list[i];
	for (size_t i = 0; i < count; i++)
		if ((after = older_after(list, count, newest)) != NULL)
			newest = after;
	return newest;
}
