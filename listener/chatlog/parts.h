/* The files of a log, in the order of the chain. */
#ifndef LISTENER_CHATLOG_PARTS_H
#define LISTENER_CHATLOG_PARTS_H

#include <stdbool.h>

#include "common/log/chain.h"
#include "listener/chatlog/scroll.h"

struct part {
	const char *name;
	struct chain before, behind; /* where it starts, and its first line */
	struct scroll *kept; /* behind its first line; NULL: to be opened */
	bool done;
};

struct parts {
	struct part *list;
	size_t count;
};

/* Makes room for so many. Returns 0 or CHAT_EINTERNAL. */
int parts_open(struct parts *parts, size_t room);

/*
 * Adds the file of a scroll, whose first line was read and says that it has
 * this position. What can be read only once, such as a pipe, stays open: the
 * scroll is closed then. Returns 0 or CHAT_EINTERNAL.
 */
int parts_add(struct parts *parts, const struct suite *suite,
    struct scroll *scroll, const struct record_position *position);

/*
 * Returns the file that goes on where the chain stands, or else the next one
 * after it; NULL if there is none. It counts as done. `chain` is NULL before
 * the first file.
 */
struct part *parts_next(struct parts *parts, const struct chain *chain);

/*
 * Opens a part and reads its first line. Returns how that was read;
 * SCROLL_ERROR if it cannot be opened.
 */
enum scroll_state part_read(struct part *part, struct scroll *scroll);

void parts_close(struct parts *parts);

#endif
