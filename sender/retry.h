/* When a message is tried again, and what is said meanwhile. */
#ifndef SENDER_RETRY_H
#define SENDER_RETRY_H

#include "sender/job.h"

/*
 * An attempt has ended with job->outcome. Returns whether there will be
 * another, at job->next_ms. If not, job->outcome is what became of the
 * message: whatever ended last, it is unknown after an attempt whose text may
 * have been shown.
 */
bool retry_plan(const struct round *round, struct job *job, int64_t now_ms);

#endif
