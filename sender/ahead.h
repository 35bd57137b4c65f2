/*
 * Attempts ahead of their time, for the lines of -e that wait: while a message
 * is under way, those behind it connect already, and both sides prove
 * themselves. Their texts leave one after another.
 */
#ifndef SENDER_AHEAD_H
#define SENDER_AHEAD_H

#include "sender/job.h"

void ahead_open(struct job *job);

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
 * Whether the failure of the current attempt may be our own doing: it was ahead
 * and has become too old, or others took its place at the listener. Then they
 * are ended, and the attempt is made anew once.
 */
bool ahead_excuses(struct job *job);

/* Ends all of them. Their texts have not left. */
void ahead_end(struct job *job);

#endif
