/* Batches: several lines in one text. chat-protocol(7), BATCHES OF LINES. */
#ifndef COMMON_BASE_BATCH_H
#define COMMON_BASE_BATCH_H

#include <stddef.h>

/*
 * Returns the number of lines of a batch, or 0 unless a text of len bytes is
 * one: 2 to LIMIT_LINES lines with an LF between them, and none of them empty.
 */
size_t batch_count(const char *text, size_t len);

/* Returns the length of the first line, without its LF. */
size_t batch_first(const char *text, size_t len);

#endif
