/* What a handler writes: one line for each message. chat-listen(1), Handlers
 * that stay. */
#ifndef LISTENER_RUNNER_RESULT_H
#define LISTENER_RUNNER_RESULT_H

#include <stdbool.h>
#include <stddef.h>

#include "listener/link/session_runner.h"

/* Maximum length of a line of a handler in bytes, LF included. */
#define SIZE_RESULT 512

/* Whether a line (without its LF) says that the handler is ready. */
bool result_is_ready(const char *line);

/*
 * Reads the line about the message with that id, 32 digits: "ok ID", "later ID"
 * or "no ID", the last two followed by a blank and a reason if there is one.
 * The line has no LF. Returns 0 with *result set, and *why to the reason, a
 * string in `line` that may hold any byte, or ""; CHAT_EMALFORMED if it is
 * another line.
 */
int result_read(const char *line, const char *id, enum runner_result *result,
    const char **why);

#endif
