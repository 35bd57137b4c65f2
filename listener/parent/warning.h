/*
 * Standard error for processes that serve others: a slow reader, or none, must
 * not block them. Lines that do not fit are left out and counted; the count is
 * written once there is room.
 */
#ifndef LISTENER_PARENT_WARNING_H
#define LISTENER_PARENT_WARNING_H

#include <stdbool.h>

/*
 * From now on stderr never blocks in this process and its children, so err(3)
 * and warn(3) do not either. Lines longer than PIPE_BUF bytes are cut. If
 * stderr is the system's journal, as JOURNAL_STREAM tells, each line starts
 * with its level, see sd-daemon(3). Returns 0 or CHAT_EINTERNAL.
 */
int warning_open(void);

/*
 * Writes a line as warnx(3) does, but it is no warning: the system's journal
 * gets it with a lower level.
 */
void warning_inform(const char *format, ...)
    __attribute__((format(printf, 1, 2)));

/* Writes how many lines were left out, if there is room for that now. */
void warning_settle(void);

/* Returns whether warning_settle() has something to write. */
bool warning_owes(void);

#endif
