/* The older files of a log: which of them comes before which. */
#ifndef LISTENER_RECORDER_OLDER_H
#define LISTENER_RECORDER_OLDER_H

#include <stdbool.h>
#include <sys/types.h>

#include "common/log/chain.h"

/* A file that may be one of the log's, by its first and its last line. */
struct older {
	int fd; /* for reading */
	off_t size;
	struct chain before; /* the chain where the file starts */
	struct chain behind; /* and ends; behind its first line if `broken` */
	bool broken;         /* its last whole line is none of a log */
};

/*
 * Reads the first line of a file of `size` bytes. Returns whether it is one of
 * a log, and sets *before to the chain where the file starts.
 */
bool older_start(int fd, off_t size, struct chain *before);

/*
 * Looks at the first and at the last whole line of a file. Returns whether it
 * starts like a file of a log; else *older is not set.
 */
bool older_look(const struct suite *suite, int fd, struct older *older);

/* Returns the file that ends, whole, where the chain stands, or NULL. */
const struct older *older_before(
    const struct older *list, size_t count, const struct chain *chain);

/*
 * Returns the file with the most messages before its end, or the last of those
 * that go on from it; NULL if there is none.
 */
const struct older *older_newest(const struct older *list, size_t count);

#endif
