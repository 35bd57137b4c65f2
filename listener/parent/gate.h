/*
 * The gate: accepts connections and has sessions started for them, while there
 * are descriptors and while keyholder, recorder and runner keep up. Who is not
 * accepted waits in the kernel's queue.
 */
#ifndef LISTENER_PARENT_GATE_H
#define LISTENER_PARENT_GATE_H

#include "listener/parent/children.h"

struct gate {
	struct parent *parent;
	struct children *children;
	int epoll;   /* see events.h */
	bool paused; /* for lack of descriptors */
	int64_t paused_at;
	bool crowded; /* until a role has caught up */
};

/* Accepts what waits, but not so much that other events have to wait long. */
void gate_accept(struct gate *gate);

/* Tells that descriptors may have become free. */
void gate_resume(struct gate *gate);

/* Tells that a role, by its control channel, can take another session. */
void gate_role_caught_up(struct gate *gate, int control, uint32_t ready);

bool gate_is_open(const struct gate *gate);

/*
 * Returns whether the gate is to try again by itself, and sets *at_ms to when,
 * in clock_now_ms() time; then gate_resume() is due.
 */
bool gate_owes(const struct gate *gate, int64_t *at_ms);

/* Accepts nothing any more. */
void gate_close(struct gate *gate);

#endif
