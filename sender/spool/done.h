/* Which messages chat-spool has delivered last, for those who ask later. */
#ifndef SENDER_SPOOL_DONE_H
#define SENDER_SPOOL_DONE_H

#include "sender/keep/queue.h"

/* Notes a message of this file as delivered. What fails is not noted. */
void done_add(const struct queue *queue, const char *file);

/* Whether a message of this id, in hexadecimal, is among the last delivered. */
bool done_has(const struct queue *queue, const char *id);

#endif
