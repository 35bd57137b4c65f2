/*
 * The keyholder: the process that has the directory. It is forked before the
 * directory is read, so no other process of chat-listen ever has a password.
 */
#ifndef LISTENER_KEYHOLDER_KEYHOLDER_H
#define LISTENER_KEYHOLDER_KEYHOLDER_H

#include "listener/keyholder/config.h"
#include "listener/link/finding.h"
#include "listener/link/order.h"

/*
 * Forks the keyholder. Returns its process id, or -1 with errno set. *control
 * is the channel to it.
 * *shown is an eventfd(2): the keyholder adds to it for every message that was
 * shown. *proofs and *findings have one element for each place. The keyholder
 * writes there the number of a session that has proven itself, or why its proof
 * failed, before the session learns of it. Only these two processes have that
 * memory; the parent must not free it.
 */
pid_t keyholder_start(const struct keyholder_config *config, int *control,
    int *shown, const proof_cell **proofs, const struct finding **findings);

/*
 * Sends the keyholder an open directory file, which nobody has read from and
 * which the caller closes. Never blocks. Returns 0, or CHAT_EBUSY if the
 * keyholder cannot take it now. Wait for the reply with keyholder_loaded().
 */
int keyholder_load(int control, int directory);

/*
 * Waits for the reply to keyholder_load(). Returns 0 with *loaded filled in, or
 * CHAT_EIO if the keyholder has gone.
 */
int keyholder_loaded(int control, struct loaded *loaded);

#endif
