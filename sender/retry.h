/* Decides whether and when a message is sent again, and tells about it. */
#ifndef SENDER_RETRY_H
#define SENDER_RETRY_H

#include "sender/job.h"

/*
 * Call it when an attempt has ended with job->outcome. Returns true if there
 * will be another attempt, at job->next_ms. If not, job->outcome becomes the
 * outcome of the message: it is SEND_UNKNOWN if an attempt may have shown the
 * text, even if the last one failed for another reason.
 */
bool retry_plan(
    const struct dispatch *dispatch, struct job *job, int64_t now_ms);

#endif
