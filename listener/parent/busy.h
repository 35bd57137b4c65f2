/* What a connection hears that gets no session. */
#ifndef LISTENER_PARENT_BUSY_H
#define LISTENER_PARENT_BUSY_H

#include "listener/parent/admission.h"

/*
 * Writes a `nack wait` to a source that was shut out for its failures, and a
 * `nack busy` to any other, if the socket takes it without waiting.
 */
void busy_send(int connection, enum refusal refusal);

#endif
