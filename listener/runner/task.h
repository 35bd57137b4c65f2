/*
 * Tasks: the sessions at the runner. Each may have one message handled. A
 * session that leaves, or asks for more while a command has its message, loses
 * its channel.
 */
#ifndef LISTENER_RUNNER_TASK_H
#define LISTENER_RUNNER_TASK_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/queue.h>
#include <sys/types.h>

#include "listener/link/session_runner.h"
#include "listener/runner/watched.h"

enum task_state {
	TASK_FREE,    /* of no session */
	TASK_OPEN,    /* its session has asked for nothing so far */
	TASK_WAITING, /* asked for, but not read; no handler is free */
	TASK_HELD,    /* a command or a handler has the message */
};

struct task {
	enum watched watched;
	enum task_state state;
	uint64_t session; /* its number */
	int channel;      /* -1 if no session waits for the result */
	pid_t pid;        /* of its command; 0 if none runs */
	int64_t deadline; /* of the command, or of waiting; clock_now_ms() */
	bool overdue;     /* the command was killed after its deadline */
	TAILQ_ENTRY(task) link; /* in the list of its state, if that has one */
};

TAILQ_HEAD(task_list, task);

struct tasks {
	struct task *all;
	struct task_list free;
};

/* A request as it is read, with a byte to notice a longer one. */
struct request {
	struct submission submission;
	char text[LIMIT_TEXT + 1];
};

/* Makes `count` free tasks. Returns 0 or CHAT_EINTERNAL. */
int task_open(struct tasks *tasks, size_t count);

/*
 * Returns a free task for a session with that number, which owns its channel
 * from now on; NULL if none is free.
 */
struct task *task_take(struct tasks *tasks, int channel, uint64_t session);

/*
 * Reads the request of a task. Returns the length of its text, in bytes, at
 * least 1; -1 if there is none yet; 0 if the session has gone or sent something
 * else. `key` is that of tickets. The caller wipes *request, with task_wipe().
 */
ssize_t task_read(const struct task *task, const struct suite *suite,
    const uint8_t key[SIZE_HASH], struct request *request);

/* Returns whether there is something to read. */
bool task_asks(const struct task *task);

/* Wipes a request after task_read() has returned that length. */
void task_wipe(struct request *request, ssize_t len);

/* Closes the channel, if it is open. */
void task_hang_up(struct task *task);

/* Closes the channel and gives the task back. It must not be in a list. */
void task_drop(struct tasks *tasks, struct task *task);

/* The same, after sending the result to the session, which may have gone. */
void task_end(
    struct tasks *tasks, struct task *task, enum runner_result result);

#endif
