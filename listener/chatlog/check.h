/* Checking a log: its chain, and that what was receipted is in it. */
#ifndef LISTENER_CHATLOG_CHECK_H
#define LISTENER_CHATLOG_CHECK_H

#include "listener/chatlog/receipts.h"

/* What was found. Faults were printed to standard error, each as a line. */
struct check {
	uint64_t first,
	    last; /* numbers of the first and last message; 0: none */
	uint64_t messages;
	uint64_t receipts, found;
	uint64_t older;  /* receipts for messages before the first file */
	uint64_t others; /* receipts of other recipients, not in `receipts` */
	unsigned long faults;
};

/*
 * Checks these files together, in any order: logs, and results of chat-send -j.
 * Returns 0; CHAT_EIO with errno and *name set if a file cannot be read; or
 * CHAT_EINTERNAL.
 */
int check_files(
    char *const names[], size_t count, struct check *check, const char **name);

#endif
