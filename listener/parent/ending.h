/* The end of chat-listen, with all its processes. */
#ifndef LISTENER_PARENT_ENDING_H
#define LISTENER_PARENT_ENDING_H

#include "listener/parent/children.h"
#include "listener/parent/parent.h"

/*
 * Ends sessions, keyholder and runner if they still run. Waits for them, but
 * not forever for one that hangs in the kernel.
 */
void ending_clear_up(struct parent *parent, struct children *children);

#endif
