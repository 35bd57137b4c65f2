/* Showing the messages of a log, for people. */
#ifndef LISTENER_CHATLOG_SHOW_H
#define LISTENER_CHATLOG_SHOW_H

#include "listener/session/display.h"
#include "listener/session/output.h"

/* What to show. */
struct show {
	struct output output;
	struct display display; /* but for address and columns */
	unsigned long last;     /* the last messages only; 0: all */
	bool follow;            /* goes on with what is appended, for ever */
};

/*
 * Writes the messages of a file to standard output. With `follow`, and when
 * another file gets its name, goes on with that. Returns 0; CHAT_EIO with errno
 * set, and *output tells if that is for standard output; CHAT_EMALFORMED if it
 * is not a log.
 */
int show_file(struct show *show, const char *name, bool *output);

#endif
