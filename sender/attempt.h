/* One attempt at a delivery, in a process of its own. */
#ifndef SENDER_ATTEMPT_H
#define SENDER_ATTEMPT_H

#include "sender/job.h"

/*
 * Forks an attempt for a recipient and this delivery, whose text is in the
 * vault. The process has the passwords for this recipient only, and that text.
 * If the delivery is ahead of its time, the text leaves only after
 * attempt_release(). Returns 0, or CHAT_EIO with errno set.
 */
int attempt_fork(const struct dispatch *dispatch, size_t recipient,
    struct delivery *delivery, struct attempt *attempt);

void attempt_release(const struct attempt *attempt);

/* Returns the milliseconds since the boot, those asleep included. */
int64_t attempt_boottime_ms(void);

/*
 * Starts the current attempt of this job. Returns false with job->outcome
 * filled in if that is not possible.
 */
bool attempt_start(const struct dispatch *dispatch, struct job *job);

/*
 * Kills the attempt if it is overdue; then attempt_collect() finds it ended.
 * Lowers *wait_ms to the milliseconds that it has left; -1 there means no
 * limit. now_ms is clock_now_ms() time.
 */
void attempt_limit(const struct job *job, int64_t now_ms, int64_t *wait_ms);

/*
 * Call it when job->attempt.fd is readable. Reads the result of the attempt
 * into job->outcome, and ends the attempt. Returns false if a signal
 * interrupted it: call it again.
 */
bool attempt_collect(struct job *job);

/*
 * Ends the current attempt in any state. Sets job->uncertain_now to whether its
 * text may have left.
 */
void attempt_end(struct job *job);

/* Ends any attempt. Returns whether its text may have left. */
bool attempt_kill(struct attempt *attempt);

#endif
