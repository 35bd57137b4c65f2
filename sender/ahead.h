/*
 * Attempts ahead of their time, for the lines of -e that wait: while a message
 * is under way, those behind it connect already, and both sides prove
 * themselves. Their texts leave one after another. There are as many as shorten
 * the wait: behind a slow command, none does.
 */
#ifndef SENDER_AHEAD_H
#define SENDER_AHEAD_H

#include "sender/job.h"

void ahead_open(struct job *job);

/* Call it for each new message. */
void ahead_begin(struct job *job);

/*
 * Starts attempts for the next lines behind a message that is under way, and
 * ends those that are of no use any more.
 */
void ahead_fill(const struct dispatch *dispatch, struct job *job);

/*
 * If there is an attempt for the job's message, lets its text leave, and makes
 * it the current one. Returns whether it did.
 */
bool ahead_take(struct job *job);

/*
 * Call it with the outcome of an attempt. Returns true if its failure may be
 * due to attempts ahead, so that it has to be made anew: it was one, and its
 * connection did not last; or the listener had no place. That is once for each
 * message, and ends all that are ahead.
 */
bool ahead_forgive(struct job *job);

/* Ends all of them; their texts have not left. Returns whether there were any.
 */
bool ahead_end(struct job *job);

#endif
