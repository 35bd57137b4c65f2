/* Messages that are given up: the folder failed, and the command of -x. */
#ifndef SENDER_SPOOL_FAILED_H
#define SENDER_SPOOL_FAILED_H

#include "sender/spool/parcel.h"
#include "sender/spool/tell.h"

/*
 * Gives a message up: moves it to the folder failed, with the state that says
 * why; then runs the command, and tells. Returns 0, or CHAT_EIO with errno set;
 * then the message may still be in its queue.
 */
int failed_move(
    const struct parcel *parcel, struct state *state, const struct tell *tell);

/*
 * Runs the command for messages of this queue that were moved by a process that
 * died before the command had ended. The queue must be locked.
 */
void failed_resume(
    const struct spool *spool, const char *queue_name, const struct tell *tell);

/* Whether this is the name of a message's file in the folder failed. */
bool failed_is_file(const char *name);

/* Whether a message of this file there is of this queue. */
bool failed_is_of(const char *name, const char *queue_name);

#endif
