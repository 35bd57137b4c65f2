/*
 * Standard input as parts: lines, and pieces of those that are too long for one
 * message. Empty lines have none.
 */
#ifndef SENDER_PARTS_H
#define SENDER_PARTS_H

#include <stdbool.h>

#include "sender/vault.h"

#define SIZE_RAW 65536

/* All zero at first, except for `line`, which is 1. */
struct parts {
	char raw[SIZE_RAW]; /* input that is not parsed yet */
	size_t raw_at, raw_len;
	bool over;             /* the input has ended */
	bool failed;           /* reading it failed */
	bool complete;         /* the part can be sent */
	bool changed, divided; /* whether the current line was */
	struct text part;      /* of the current line, 1 to LIMIT_TEXT bytes */
	unsigned long line;    /* number of the current line, from 1 */
	unsigned long lines_changed, lines_divided;
};

/*
 * Reads from standard input; blocks unless that is readable. Sets `over` at its
 * end, and after an error, which is printed. A part that is complete has to be
 * taken first.
 */
void parts_read(struct parts *parts);

/*
 * Returns whether `part` is complete, and completes one from what was read if
 * it can. What is not UTF-8 becomes U+FFFD. No part ends inside a character.
 */
bool parts_complete(struct parts *parts);

/* Wipes the part, which is complete; another can follow. */
void parts_take(struct parts *parts);

#endif
