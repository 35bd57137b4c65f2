/* The answer to a connection that gets no session. */
#ifndef LISTENER_PARENT_BUSY_H
#define LISTENER_PARENT_BUSY_H

#include "listener/parent/admission.h"

/*
 * Sends a nack, unless the socket would block: `nack wait` to a source that has
 * to wait after failures, `nack busy` to any other. The caller closes the
 * connection.
 */
void busy_send(int connection, enum refusal refusal);

#endif
