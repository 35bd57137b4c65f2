/*
 * A file with figures about the listener, in the text format of Prometheus,
 * which is written anew every METRICS_S. chat-listen(1), METRICS.
 */
#ifndef LISTENER_PARENT_METRICS_H
#define LISTENER_PARENT_METRICS_H

#include <sys/types.h>
#include <time.h>

#include "listener/parent/parent.h"

/* What only the loop knows. */
struct figures {
	unsigned long messages; /* shown or recorded */
	time_t last;            /* when the newest of them came; 0: none yet */
	unsigned sessions;      /* how many there are */
	bool accepting;
};

struct metrics {
	time_t started;
	int64_t next_ms; /* when to write again, clock_now_ms() time */
	pid_t writer;    /* the process that writes, or 0 */
	bool failed;     /* the last one could not */
};

/*
 * Writes the file for the first time. Returns 0, or -1 with errno set. Without
 * -S, neither this nor the functions below do anything.
 */
int metrics_start(struct metrics *metrics, const struct parent *parent);

/*
 * Forks a process that writes the file, if that is due: a disk may hang. Never
 * two at the same time. The caller waits for it and calls metrics_ended().
 */
void metrics_write(struct metrics *metrics, const struct parent *parent,
    const struct figures *figures);

/* Tells that a process was waited for, with its status. */
void metrics_ended(struct metrics *metrics, pid_t pid, int status);

/* Removes the file. */
void metrics_end(const struct parent *parent);

#endif
