/* The end of the listener, and of all that it has started. */
#ifndef LISTENER_PARENT_ENDING_H
#define LISTENER_PARENT_ENDING_H

#include "listener/parent/children.h"
#include "listener/parent/parent.h"

/*
 * Ends sessions, keyholder and runner, as far as they still run, and waits
 * for them; but not for ever for one that hangs in the kernel.
 */
void ending_clear_up(struct parent *parent, struct children *children);

#endif
