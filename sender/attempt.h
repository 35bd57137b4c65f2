/* An attempt at a delivery, in a process of its own. */
#ifndef SENDER_ATTEMPT_H
#define SENDER_ATTEMPT_H

#include "sender/job.h"

/*
 * Starts one for this job of the round. The process has the passwords and the
 * text of this job and of no other. Without a process or memory to be had, it
 * ends chat-send.
 */
void attempt_start(const struct round *round, struct job *job);

/*
 * Kills the process if its time is over; it is heard of by attempt_collect().
 * Lowers *wait_ms, -1 for ever, to how long it may still take.
 */
void attempt_limit(const struct job *job, int64_t now_ms, int64_t *wait_ms);

/*
 * Once job->fd is readable: takes what the attempt says into job->outcome, and
 * ends it. Returns false when a signal came before.
 */
bool attempt_collect(struct job *job);

/* Ends it, whatever it is doing; uncertain_now tells if the text had left. */
void attempt_end(struct job *job);

#endif
