/* A message in the hands of chat-spool. */
#ifndef SENDER_SPOOL_PARCEL_H
#define SENDER_SPOOL_PARCEL_H

#include "sender/keep/queue.h"

struct parcel {
	const struct spool *spool;
	const struct queue *queue;
	const char *queue_name;
	const char *file; /* its name */
	struct letter letter;
	const char *text;
	size_t len;
};

#endif
