/* The lines of one file, as they are read. */
#ifndef LISTENER_CHATLOG_SCROLL_H
#define LISTENER_CHATLOG_SCROLL_H

#include <stdbool.h>
#include <stdio.h>

#include "common/log/record.h"

struct scroll {
	FILE *file;
	const char *name;
	unsigned long number; /* of the line, from 1 */
	size_t len;           /* of the line in bytes, LF included */
	char line[SIZE_RECORD + 1];
};

/* How a line was read. */
enum scroll_state {
	SCROLL_LINE,
	SCROLL_LONG, /* longer than any line of a log; the rest is skipped */
	SCROLL_TORN, /* the file ends in it, without an LF */
	SCROLL_END,
	SCROLL_ERROR, /* errno says why */
};

/* Opens a file. Returns 0, or CHAT_EIO with errno set. */
int scroll_open(struct scroll *scroll, const char *name);

/* Reads the next line. */
enum scroll_state scroll_next(struct scroll *scroll);

/*
 * After SCROLL_TORN: the same line is read again, when more of it may be there.
 */
void scroll_back(struct scroll *scroll);

void scroll_close(struct scroll *scroll);

#endif
