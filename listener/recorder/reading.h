/* Reading a log back when it is opened: its last ids, and where it stands. */
#ifndef LISTENER_RECORDER_READING_H
#define LISTENER_RECORDER_READING_H

#include <sys/types.h>

#include "common/log/chain.h"
#include "common/log/memory.h"

#define OLDER_MOST 64 /* files that are looked through for the ones before */

/* Where a log stands. */
struct reading {
	struct chain chain; /* behind the last whole line */
	int last;           /* the file with that line; -1 if there is none */
	off_t size;         /* of that file up to there */
	off_t torn;         /* bytes of a torn write, at the end of the log */
	off_t seen;         /* size of the last file when it was read */
	bool gap;           /* not all of those messages were found */
};

/* Why a log is refused. */
struct reading_fault {
	bool older;         /* the line is in the file before */
	unsigned long line; /* from 1; 0 if it is not about a line */
	const char *reason;
};

/*
 * Reads the last MEMORY_MESSAGES messages of a log into memory: from its file,
 * and as far as they reach back from older files, which the chain puts into
 * order. An empty file goes on where the newest older file ends. No file is
 * changed; all stay the caller's to close.
 * Returns 0; CHAT_EMALFORMED with *fault set; CHAT_EIO with errno set;
 * CHAT_EINTERNAL.
 */
int reading_log(const struct suite *suite, struct memory *memory, int fd,
    const int older[], size_t count, struct reading *reading,
    struct reading_fault *fault);

#endif
