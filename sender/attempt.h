/* One attempt at a delivery, in a process of its own. */
#ifndef SENDER_ATTEMPT_H
#define SENDER_ATTEMPT_H

#include "sender/job.h"

/*
 * Forks an attempt for this job, and sets job->pid and job->fd.
 * The process has the passwords and the text of this job only. Returns false
 * with job->outcome filled in if it cannot be started.
 */
bool attempt_start(const struct dispatch *dispatch, struct job *job);

/*
 * Kills the attempt if it is overdue; then attempt_collect() finds it ended.
 * Lowers *wait_ms to the milliseconds that it has left; -1 there means no
 * limit. now_ms is clock_now_ms() time.
 */
void attempt_limit(const struct job *job, int64_t now_ms, int64_t *wait_ms);

/*
 * Call it when job->fd is readable. Reads the result of the attempt into
 * job->outcome, and ends the attempt. Returns false if a signal interrupted it:
 * call it again.
 */
bool attempt_collect(struct job *job);

/*
 * Ends the attempt in any state. Sets job->uncertain_now to whether its text
 * may have left.
 */
void attempt_end(struct job *job);

#endif
