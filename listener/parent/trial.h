/*
 * The trial before the first connection. A message of maximum length goes
 * through a session and a keyholder with all rights given up and sandboxes on,
 * as they will be later; then one that the session must refuse. A preloaded
 * library may make other system calls. Without the trial, a session would be
 * killed for that at the first long message; so chat-listen does not start.
 */
#ifndef LISTENER_PARENT_TRIAL_H
#define LISTENER_PARENT_TRIAL_H

#include <stdbool.h>

#include "listener/parent/parent.h"

/*
 * Runs both trials: forks the processes, waits for them, and warns of what went
 * wrong. Returns whether all went well. If not, chat-listen must not serve.
 */
bool trial_run(const struct parent *parent);

#endif
