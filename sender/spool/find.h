/* Messages by their id. */
#ifndef SENDER_SPOOL_FIND_H
#define SENDER_SPOOL_FIND_H

#include "sender/keep/names.h"
#include "sender/spool/tell.h"

/*
 * Reads the names of the queues, or of those for one user, unless that is NULL.
 * Returns SEND_OK, or SEND_IO with *failure set.
 */
enum send_exit find_queues(const struct spool *spool, const char *user,
    struct names *queues, struct failure *failure);

/*
 * Removes the messages with this id, in hexadecimal, from their queues and from
 * the folder failed. Returns SEND_OK; SEND_INPUT if there are none;
 * SEND_TEMPORARY if one is being delivered; SEND_IO. All but the first with
 * *failure set.
 */
enum send_exit find_and_drop(const struct spool *spool, const char *user,
    const char *id, struct failure *failure);

/*
 * Delivers as usual, until tell->awaited does not wait any more. Returns
 * SEND_OK if it was delivered; its last status, with *failure set, if it was
 * given up; SEND_INPUT with *failure set if it was dropped or never there;
 * SEND_IO with *failure set.
 */
enum send_exit find_and_wait(const struct spool *spool, const char *user,
    const struct tell *tell, struct failure *failure);

#endif
