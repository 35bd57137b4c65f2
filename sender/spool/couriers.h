/* Couriers: a process for each queue, many at a time. */
#ifndef SENDER_SPOOL_COURIERS_H
#define SENDER_SPOOL_COURIERS_H

#include "sender/keep/names.h"
#include "sender/spool/tell.h"

/*
 * Delivers these queues, so that none waits for another as long as few hang.
 * Returns SEND_OK if nothing is left; SEND_KEPT if something is; SEND_IO if
 * something failed here.
 */
enum send_exit couriers_run(const struct spool *spool,
    const struct names *queues, const struct tell *tell);

#endif
