/* Delivers a queue: all that is due of it, in order. */
#ifndef SENDER_SPOOL_COURIER_H
#define SENDER_SPOOL_COURIER_H

#include "sender/spool/tell.h"

/*
 * Delivers a queue, in a process that this is all that is left to do for.
 * Returns SEND_OK if nothing is left in the queue; SEND_KEPT if something is;
 * SEND_IO if the spool or standard output failed.
 */
enum send_exit courier_run(
    const struct spool *spool, const char *queue_name, const struct tell *tell);

#endif
