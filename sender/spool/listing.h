/* What waits in the spool, and what was given up. */
#ifndef SENDER_SPOOL_LISTING_H
#define SENDER_SPOOL_LISTING_H

#include "sender/spool/tell.h"

/*
 * Lists the messages of all queues, or of those for a user, on standard output.
 * Returns SEND_OK, or SEND_IO: what cannot be read has been told, or *failure
 * is set.
 */
enum send_exit listing_show(const struct spool *spool, const char *user,
    const struct tell *tell, struct failure *failure);

#endif
