/*
 * The crew: all handlers (-k), and the tasks that wait for one of them, in
 * order. A handler that writes something wrong, is silent for too long or ends
 * is replaced: at once if it has handled a message, else after a pause, which
 * doubles each time. Meanwhile its message, and those for which there is no
 * other handler, are for later.
 */
#ifndef LISTENER_RUNNER_CREW_H
#define LISTENER_RUNNER_CREW_H

#include "listener/runner/handler.h"
#include "listener/runner/telling.h"

struct crew {
	/* Set by the owner. */
	const struct command *command;
	const struct suite *suite;
	const uint8_t *ticket_key; /* SIZE_HASH bytes */
	struct tasks *tasks;
	int events;             /* epoll's descriptor */
	unsigned count;         /* of handlers */
	struct telling telling; /* `quiet` of it */
	int64_t limit_ms;       /* for a handler, to be ready and to answer */
	int64_t wait_ms;        /* for a task, until a handler is free */
	/* Its own. */
	struct handler *handlers;
	struct task_list waiting;
	struct request in; /* the request being served */
};

/* Allocates what it needs, and starts all handlers. Returns 0 or
 * CHAT_EINTERNAL. */
int crew_open(struct crew *crew);

/* Hands a task, whose session asks for it, to a handler, or has it wait. */
void crew_take(struct crew *crew, struct task *task);

/* Drops a task that waits. */
void crew_leave(struct crew *crew, struct task *task);

/* Serves a handler of which epoll has told something. */
void crew_serve(struct crew *crew, struct handler *handler);

/* Waits for a process that has ended, if it was a handler. */
void crew_bury(struct crew *crew, pid_t pid);

/*
 * Does what is due at now_ms, clock_now_ms() time. Returns the milliseconds
 * until something else is due, or -1.
 */
int64_t crew_keep_time(struct crew *crew, int64_t now_ms);

/* Ends all handlers: they may end by themselves, and soon are killed. */
void crew_end(struct crew *crew);

#endif
