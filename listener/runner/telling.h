/*
 * What standard error gets about handlers: a few lines in a while, because
 * senders can cause them.
 */
#ifndef LISTENER_RUNNER_TELLING_H
#define LISTENER_RUNNER_TELLING_H

#include "common/base/window.h"
#include "listener/runner/handler.h"

struct telling {
	bool quiet; /* nothing at all */
	struct window ends, results;
};

/*
 * Tells how a handler ended, or that it could not start, and when another
 * starts. Notes in the handler that it has failed.
 */
void telling_end(
    struct telling *telling, struct handler *handler, const char *how);

/* Tells that a handler is ready again, if it has failed. */
void telling_ready(struct telling *telling, struct handler *handler);

/* Tells what a handler has written about its message, unless it is handled. */
void telling_result(struct telling *telling, const struct handler *handler);

/* Tells how many lines were left out of windows that are over. */
void telling_settle(struct telling *telling);

/*
 * Returns when telling_settle() will have something to tell, clock_now_ms()
 * time; -1 if nothing.
 */
int64_t telling_due(const struct telling *telling);

#endif
