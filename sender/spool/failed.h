/* Messages that are given up: the folder failed, and the command of -x. */
#ifndef SENDER_SPOOL_FAILED_H
#define SENDER_SPOOL_FAILED_H

#include "sender/spool/parcel.h"
#include "sender/spool/tell.h"

/*
 * Gives a message up, with the state that says why: runs the command, tells,
 * and moves the file to the folder failed. Returns 0, or CHAT_EIO with errno
 * set; then the message is still in its queue.
 */
int failed_move(const struct parcel *parcel, const struct state *state,
    const struct tell *tell);

/* Whether this is the name of a message's file in the folder failed. */
bool failed_is_file(const char *name);

#endif
