/*
 * Standard error of the processes that serve others: whoever reads it slowly,
 * or not at all, must not stop them. What does not fit is left out, and how
 * much that was is said as soon as there is room.
 */
#ifndef LISTENER_PARENT_WARNING_H
#define LISTENER_PARENT_WARNING_H

#include <stdbool.h>

/*
 * From here on whatever this process, and those that it forks, write to
 * stderr never waits: err(3) and warn(3) do. A line has at most PIPE_BUF
 * bytes, or is cut. Returns 0 or CHAT_EINTERNAL.
 */
int warning_open(void);

/* Says how many lines were left out, if there is room for that now. */
void warning_settle(void);

/* Whether warning_settle() has something to say. */
bool warning_owes(void);

#endif
