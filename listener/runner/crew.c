/* All handlers. */
#include "listener/runner/crew.h"

#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>

#include "common/base/clock.h"
#include "common/base/error.h"
#include "common/base/shell.h"
#include "common/base/text.h"

#define LAST_MS 1000 /* for a handler to end by itself, once it has to */
#define LOOK_MS 10   /* between two looks whether all has ended */

/* Takes the message from a handler. */
static void
settle(struct crew *crew, struct handler *handler, enum runner_result result)
{
	if (handler->task != NULL)
		task_end(crew->tasks, handler->task, result);
	handler->task = NULL;
}

/* Who has all of a message may have handled it before it failed. */
static enum runner_result
unanswered(const struct handler *handler)
{
	return handler->sent == handler->len ? RUNNER_UNKNOWN : RUNNER_LATER;
}

/* Kills a handler. The caller has said why in `fault`, or the end will. */
static void
dismiss(struct crew *crew, struct handler *handler)
{
	enum runner_result result = unanswered(handler);

	shell_kill(handler->pid);
	handler_close(handler);
	settle(crew, handler, result);
	handler->state = HANDLER_ENDING;
}

static void __attribute__((format(printf, 3, 4)))
dismiss_for(struct crew *crew, struct handler *handler, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	(void)vsnprintf(
	    handler->fault, sizeof(handler->fault), format, arguments);
	va_end(arguments);
	dismiss(crew, handler);
}

/*
 * A handler has closed one of its pipes. If it is about to end, how it ends is
 * worth knowing.
 */
static void
see_off(struct crew *crew, struct handler *handler)
{
	enum runner_result result = unanswered(handler);

	handler_close(handler);
	settle(crew, handler, result);
	handler->state = HANDLER_LEAVING;
	handler->deadline = clock_now_ms() + LAST_MS;
}

/* Starts it after its pause, and doubles the pause until it has a result. */
static void
plan(struct crew *crew, struct handler *handler, const char *how)
{
	telling_end(&crew->telling, handler, how);
	handler->pid = 0;
	handler->state = HANDLER_DOWN;
	handler->deadline = clock_now_ms() + handler->pause_ms;
	handler->pause_ms *= 2;
	if (handler->pause_ms < FIRST_PAUSE_MS)
		handler->pause_ms = FIRST_PAUSE_MS;
	if (handler->pause_ms > LONGEST_PAUSE_MS)
		handler->pause_ms = LONGEST_PAUSE_MS;
}

static void
start_handler(struct crew *crew, struct handler *handler)
{
	char how[128];

	handler->fault[0] = '\0';
	if (handler_start(handler, crew->command, crew->events) == 0) {
		handler->deadline = clock_now_ms() + crew->limit_ms;
		return;
	}
	(void)snprintf(how, sizeof(how), "cannot be started: %m");
	plan(crew, handler, how);
}

static void
take_result(struct crew *crew, struct handler *handler)
{
	telling_result(&crew->telling, handler);
	settle(crew, handler, handler->result);
	handler->name.id[0] = '\0';
	handler->state = HANDLER_FREE;
	handler->pause_ms = 0;
}

static void
take_ready(struct crew *crew, struct handler *handler)
{
	handler->state = HANDLER_FREE;
	telling_ready(&crew->telling, handler);
}

/* Takes what a handler has written. */
static void
hear(struct crew *crew, struct handler *handler)
{
	while (handler->output != -1)
		switch (handler_hear(handler)) {
		case HEARD_NOTHING:
			return;
		case HEARD_READY:
			take_ready(crew, handler);
			break;
		case HEARD_RESULT:
			take_result(crew, handler);
			break;
		case HEARD_WRONG:
			dismiss_for(crew, handler,
			    "wrote '%.80s', which is not what it may write now",
			    handler->said);
			break;
		case HEARD_END:
			see_off(crew, handler);
			break;
		}
}

/*
 * Writes to a handler what it has to get, and takes what it has written; first
 * what it wrote before it got all.
 */
static void
attend(struct crew *crew, struct handler *handler)
{
	hear(crew, handler);
	if (handler->state != HANDLER_BUSY)
		return;
	if (handler_feed(handler) != 0)
		see_off(crew, handler);
	hear(crew, handler);
}

/* Whether a handler has the same message, whose session has gone meanwhile. */
static bool
is_under_way(const struct crew *crew, const struct submission *submission)
{
	for (unsigned i = 0; i < crew->count; i++)
		if (handler_has(&crew->handlers[i], submission))
			return true;
	return false;
}

/* Gives the message of a task to a free handler. */
static void
hand_over(struct crew *crew, struct handler *handler, struct task *task)
{
	struct request *in = &crew->in;
	ssize_t len = task_read(task, crew->suite, crew->ticket_key, in);

	TAILQ_REMOVE(&crew->waiting, task, link);
	task->state = TASK_HELD;
	if (len <= 0) {
		task_drop(crew->tasks, task);
	} else if (is_under_way(crew, &in->submission)) {
		task_end(crew->tasks, task, RUNNER_LATER);
	} else {
		handler->deadline = clock_now_ms() + crew->limit_ms;
		if (handler_give(handler, in, (size_t)len, task) != 0)
			see_off(crew, handler);
	}
	task_wipe(in, len);
}

/*
 * Returns a handler that is free and has written nothing since; what it wrote
 * unasked would be taken for an answer.
 */
static struct handler *
find_free(struct crew *crew)
{
	for (unsigned i = 0; i < crew->count; i++) {
		struct handler *handler = &crew->handlers[i];

		if (handler->state == HANDLER_FREE)
			hear(crew, handler);
		if (handler->state == HANDLER_FREE)
			return handler;
	}
	return NULL;
}

/* Whether a handler runs, or starts without a pause. */
static bool
has_hope(const struct crew *crew)
{
	for (unsigned i = 0; i < crew->count; i++)
		switch (crew->handlers[i].state) {
		case HANDLER_STARTING:
		case HANDLER_FREE:
		case HANDLER_BUSY:
			return true;
		default:
			if (crew->handlers[i].pause_ms == 0)
				return true;
		}
	return false;
}

static void
postpone(struct crew *crew, struct task *task)
{
	TAILQ_REMOVE(&crew->waiting, task, link);
	task_end(crew->tasks, task, RUNNER_LATER);
}

/* Serves the tasks that wait, in order. */
static void
dispatch(struct crew *crew)
{
	struct task *task;
	struct handler *handler;

	while ((task = TAILQ_FIRST(&crew->waiting)) != NULL)
		if ((handler = find_free(crew)) != NULL)
			hand_over(crew, handler, task);
		else if (has_hope(crew))
			return;
		else
			postpone(crew, task);
}

int
crew_open(struct crew *crew)
{
	TAILQ_INIT(&crew->waiting);
	crew->handlers = calloc(crew->count, sizeof(*crew->handlers));
	if (crew->handlers == NULL)
		return CHAT_EINTERNAL;
	for (unsigned i = 0; i < crew->count; i++) {
		struct handler *handler = &crew->handlers[i];

		if (handler_open(handler) != 0)
			return CHAT_EINTERNAL;
		handler->number = i + 1;
		handler->pause_ms = FIRST_PAUSE_MS;
		start_handler(crew, handler);
	}
	return CHAT_OK;
}

void
crew_take(struct crew *crew, struct task *task)
{
	task->state = TASK_WAITING;
	task->deadline = clock_now_ms() + crew->wait_ms;
	TAILQ_INSERT_TAIL(&crew->waiting, task, link);
	dispatch(crew);
}

void
crew_leave(struct crew *crew, struct task *task)
{
	TAILQ_REMOVE(&crew->waiting, task, link);
	task_drop(crew->tasks, task);
}

void
crew_serve(struct crew *crew, struct handler *handler)
{
	attend(crew, handler);
	dispatch(crew);
}

/* Spells how a handler ended. */
static void
spell_end(const struct handler *handler, int status, char *how, size_t size)
{
	const char *fault = handler->fault;
	char quote[SIZE_QUOTE], end[64] = "it was killed";

	if (WIFEXITED(status))
		(void)snprintf(end, sizeof(end), "%sended with status %d",
		    fault[0] != '\0' ? "it " : "", WEXITSTATUS(status));
	else if (fault[0] == '\0')
		(void)snprintf(end, sizeof(end), "was killed by signal %d (%s)",
		    WTERMSIG(status), strsignal(WTERMSIG(status)));
	(void)snprintf(how, size, "%s%s%s", text_quote(fault, quote),
	    fault[0] != '\0' ? "; " : "", end);
}

static struct handler *
handler_of(const struct crew *crew, pid_t pid)
{
	for (unsigned i = 0; i < crew->count; i++)
		if (crew->handlers[i].pid == pid)
			return &crew->handlers[i];
	return NULL;
}

void
crew_bury(struct crew *crew, pid_t pid)
{
	struct handler *handler = handler_of(crew, pid);
	char how[SIZE_QUOTE + 64];
	int status;

	if (handler == NULL) {
		(void)waitpid(pid, NULL, 0);
		return;
	}
	hear(crew, handler); /* what it wrote last */
	dismiss(crew, handler);
	if (waitpid(pid, &status, 0) != pid)
		return;
	spell_end(handler, status, how, sizeof(how));
	plan(crew, handler, how);
	if (handler->deadline <= clock_now_ms())
		start_handler(crew, handler);
	dispatch(crew);
}

/* Does what is due for a handler that still has not done what it should. */
static void
act(struct crew *crew, struct handler *handler)
{
	int seconds = (int)(crew->limit_ms / 1000);

	switch (handler->state) {
	case HANDLER_DOWN:
		start_handler(crew, handler);
		break;
	case HANDLER_STARTING:
		dismiss_for(crew, handler, "was not ready after %d s", seconds);
		break;
	case HANDLER_BUSY:
		dismiss_for(crew, handler,
		    "was silent for %d s over message %s of %s", seconds,
		    handler->name.id, handler->name.from);
		break;
	case HANDLER_LEAVING:
		dismiss_for(crew, handler,
		    "closed its standard input or output, but did not end");
		break;
	default:
		break;
	}
}

static bool
is_timed(const struct handler *handler)
{
	return handler->state != HANDLER_FREE &&
	    handler->state != HANDLER_ENDING;
}

static bool
is_due(const struct handler *handler, int64_t now_ms)
{
	return is_timed(handler) && handler->deadline <= now_ms;
}

static void
take_earlier(int64_t *next, int64_t at)
{
	if (at != -1 && (*next == -1 || at < *next))
		*next = at;
}

/* Returns when something is due, or -1. */
static int64_t
next_due(const struct crew *crew)
{
	const struct task *first = TAILQ_FIRST(&crew->waiting);
	int64_t next = -1;

	for (unsigned i = 0; i < crew->count; i++)
		if (is_timed(&crew->handlers[i]))
			take_earlier(&next, crew->handlers[i].deadline);
	if (first != NULL)
		take_earlier(&next, first->deadline);
	take_earlier(&next, telling_due(&crew->telling));
	return next;
}

int64_t
crew_keep_time(struct crew *crew, int64_t now_ms)
{
	struct task *task;
	int64_t next;

	for (unsigned i = 0; i < crew->count; i++) {
		struct handler *handler = &crew->handlers[i];

		if (is_due(handler, now_ms))
			attend(crew, handler); /* we may be late, not it */
		if (is_due(handler, now_ms))
			act(crew, handler);
	}
	while ((task = TAILQ_FIRST(&crew->waiting)) != NULL &&
	    task->deadline <= now_ms)
		postpone(crew, task);
	dispatch(crew);
	telling_settle(&crew->telling);
	next = next_due(crew);
	return next == -1 ? -1 : next <= now_ms ? 0 : next - now_ms;
}

/*
 * Returns whether a handler and all processes of its group have ended. The
 * group cannot be another's as long as it has a process.
 */
static bool
has_ended(struct handler *handler)
{
	if (handler->pid == 0)
		return true;
	if (handler->state != HANDLER_DOWN &&
	    waitpid(handler->pid, NULL, WNOHANG) == 0)
		return false;
	handler->state = HANDLER_DOWN;
	if (kill(-handler->pid, 0) == 0 || errno != ESRCH)
		return false;
	handler->pid = 0;
	return true;
}

static bool
all_have_ended(const struct crew *crew)
{
	bool all = true;

	for (unsigned i = 0; i < crew->count; i++)
		all &= has_ended(&crew->handlers[i]);
	return all;
}

void
crew_end(struct crew *crew)
{
	const struct timespec pause = {.tv_nsec = LOOK_MS * 1000000};
	int64_t deadline = clock_now_ms() + LAST_MS;
	struct handler *handler;

	for (unsigned i = 0; i < crew->count; i++) {
		handler = &crew->handlers[i];
		handler_close(handler);
		if (handler->pid != 0)
			(void)kill(-handler->pid, SIGTERM);
	}
	while (!all_have_ended(crew) && clock_now_ms() < deadline)
		(void)nanosleep(&pause, NULL);
	for (unsigned i = 0; i < crew->count; i++) {
		handler = &crew->handlers[i];
		if (handler->pid != 0 && handler->state != HANDLER_DOWN)
			shell_kill(handler->pid);
		else if (handler->pid != 0)
			(void)kill(-handler->pid, SIGKILL);
	}
}
