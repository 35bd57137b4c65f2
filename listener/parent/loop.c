/* The parent's loop. */
#include "listener/parent/loop.h"

#include <err.h>
#include <signal.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "common/base/clock.h"
#include "common/base/error.h"
#include "common/base/limits.h"
#include "listener/exit.h"
#include "listener/parent/change.h"
#include "listener/parent/children.h"
#include "listener/parent/ending.h"
#include "listener/parent/events.h"
#include "listener/parent/gate.h"
#include "listener/parent/logfile.h"
#include "listener/parent/metrics.h"
#include "listener/parent/reload.h"
#include "listener/parent/signals.h"
#include "listener/parent/supervisor.h"
#include "listener/parent/warning.h"

#define GRACE_MS DEADLINE_MS(LIMIT_GRACE_S)
#define RETRY_MS 1000 /* while standard error cannot be written */
#define NOT_ENDING (-1)

struct loop {
	struct parent *parent;
	struct children children;
	struct gate gate;
	int epoll, signals;
	struct reload reload;
	struct reopening reopening;
	struct metrics metrics;
	unsigned long shown; /* number of messages */
	time_t last;         /* when the last message came, or 0 */
	int64_t quiet_since; /* time of the last message */
	int64_t ending_since;
	int status; /* our exit status, once we are ending */
	int signal; /* the signal that ended us before -c was reached, or 0 */
};

/* Stops accepting. Running sessions get LIMIT_GRACE_S to end. */
static void
end_with(struct loop *loop, int status)
{
	if (loop->status != NOT_ENDING)
		return;
	loop->status = status;
	loop->ending_since = clock_now_ms();
	gate_close(&loop->gate);
}

static void
take_shown(struct loop *loop)
{
	unsigned long count = loop->parent->options->count;
	uint64_t more;

	if (read(loop->parent->shown, &more, sizeof(more)) !=
	    (ssize_t)sizeof(more))
		return;
	loop->shown += more;
	loop->quiet_since = clock_now_ms();
	loop->last = loop->parent->display.last = time(NULL);
	if (count != 0 && loop->shown >= count)
		end_with(loop, LISTEN_OK);
}

static void
reap(struct loop *loop)
{
	struct parent *parent = loop->parent;
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
		/* From now on this pid may belong to another process. */
		if (pid == parent->keyholder) {
			parent->keyholder = GONE;
			warnx(
			    "the keyholder ended; without it nobody can be authenticated");
			end_with(loop, LISTEN_SYSTEM);
		} else if (pid == parent->runner) {
			parent->runner = GONE;
			warnx(
			    "the runner ended; without it no message can be handled");
			end_with(loop, LISTEN_SYSTEM);
		} else if (pid == parent->recorder) {
			parent->recorder = GONE;
			warnx(
			    "the recorder ended; without it no message can be recorded");
			end_with(loop, LISTEN_OUTPUT);
		} else {
			change_ended(pid);
			metrics_ended(&loop->metrics, pid, status);
			children_bury(parent, &loop->children, pid, status);
		}
	}
	gate_resume(&loop->gate);
}

/* Waits until the file of a reload is open. */
static void
await_opening(struct loop *loop, bool opening)
{
	if (opening &&
	    !events_watch(
		loop->epoll, loop->reload.opening, EPOLLIN, READY_OPENING))
		reload_give_up(&loop->reload, loop->parent);
}

static void
take_opened(struct loop *loop)
{
	events_forget(loop->epoll, loop->reload.opening);
	await_opening(loop, reload_opened(&loop->reload, loop->parent));
}

/* Waits until the file of the log is open. */
static void
await_log(struct loop *loop, bool opening)
{
	while (opening &&
	    !events_watch(
		loop->epoll, loop->reopening.opening, EPOLLIN, READY_LOG))
		opening = reopening_end(&loop->reopening, loop->parent);
}

static void
take_log(struct loop *loop)
{
	events_forget(loop->epoll, loop->reopening.opening);
	await_log(loop, reopening_end(&loop->reopening, loop->parent));
}

static void
reopen_log(struct loop *loop)
{
	if (loop->parent->options->log != NULL)
		await_log(
		    loop, reopening_start(&loop->reopening, loop->parent));
	else
		warnx("SIGUSR1: there is no log to open again; -o keeps one");
}

/* A role has gone, and a signal will say so. */
static void
forget_role(const struct loop *loop, int control)
{
	events_forget(loop->epoll, control);
}

/* The recorder needs the file. */
static void
take_recorder(struct loop *loop)
{
	int control = loop->parent->recorder_control;
	uint8_t notice;

	if (read(control, &notice, 1) == 1)
		reopen_log(loop);
	else
		forget_role(loop, control);
}

static void
take_loaded(struct loop *loop)
{
	if (!reload_answered(&loop->reload, loop->parent)) {
		forget_role(loop, loop->parent->control);
		reap(loop);
		end_with(loop, LISTEN_SYSTEM);
	} else if (loop->reload.again) {
		await_opening(loop, reload_start(&loop->reload, loop->parent));
	}
}

/* A role can take another session, has written to us, or has gone. */
static void
take_role(struct loop *loop, int control, uint32_t ready, uint32_t events)
{
	if (events & EPOLLOUT)
		gate_role_caught_up(&loop->gate, control, ready);
	if ((events & ~(uint32_t)EPOLLOUT) == 0)
		return;
	if (ready == READY_CONTROL)
		take_loaded(loop);
	else if (ready == READY_RECORDER)
		take_recorder(loop);
	else
		forget_role(loop, control);
}

/*
 * Handles SIGINT and SIGTERM. If messages of -c are still missing, we end by
 * the signal, so that nobody takes this for success. Messages shown before
 * count.
 */
static void
stop(struct loop *loop, int number)
{
	take_shown(loop);
	if (loop->status == NOT_ENDING && loop->parent->options->count != 0)
		loop->signal = number;
	end_with(loop, LISTEN_OK);
}

static void
take_signals(struct loop *loop)
{
	struct signalfd_siginfo info;

	while (
	    read(loop->signals, &info, sizeof(info)) == (ssize_t)sizeof(info)) {
		if (info.ssi_signo == SIGHUP)
			await_opening(
			    loop, reload_start(&loop->reload, loop->parent));
		else if (info.ssi_signo == SIGUSR1)
			reopen_log(loop);
		else if (info.ssi_signo != SIGCHLD)
			stop(loop, (int)info.ssi_signo);
	}
	reap(loop);
}

static void
take(struct loop *loop, uint32_t ready, uint32_t events)
{
	const struct parent *parent = loop->parent;

	switch (ready) {
	case READY_ACCEPTOR:
		gate_accept(&loop->gate);
		break;
	case READY_SIGNALS:
		take_signals(loop);
		break;
	case READY_CONTROL:
		take_role(loop, parent->control, ready, events);
		break;
	case READY_SHOWN:
		take_shown(loop);
		break;
	case READY_OPENING:
		take_opened(loop);
		break;
	case READY_RECORDER:
		take_role(loop, parent->recorder_control, ready, events);
		break;
	case READY_RUNNER:
		take_role(loop, parent->runner_control, ready, events);
		break;
	case READY_LOG:
		take_log(loop);
		break;
	case READY_OUTPUT:
		events_forget(loop->epoll, parent->output.fd);
		warnx("the output is no longer read");
		end_with(loop, LISTEN_OUTPUT);
		break;
	default:
		children_hear(
		    loop->parent, &loop->children.list[ready - READY_REPORT]);
		break;
	}
}

/* When we have to end, if nothing happens before. */
static bool
ends_at(const struct loop *loop, int64_t *at_ms)
{
	unsigned wait_s = loop->parent->options->wait_s;

	if (loop->status != NOT_ENDING)
		*at_ms = loop->ending_since + GRACE_MS;
	else if (wait_s != 0)
		*at_ms = loop->quiet_since + (int64_t)wait_s * 1000;
	else
		return false;
	return true;
}

/* Returns the milliseconds until something is due, or -1. */
static int
due(const struct loop *loop)
{
	int64_t end_ms = INT64_MAX, next_ms = INT64_MAX, at_ms, left;
	bool ends = ends_at(loop, &end_ms);

	(void)journal_owes(&loop->parent->journal, &next_ms);
	if (gate_owes(&loop->gate, &at_ms) && at_ms < next_ms)
		next_ms = at_ms;
	if (warning_owes() && clock_now_ms() + RETRY_MS < next_ms)
		next_ms = clock_now_ms() + RETRY_MS;
	if (loop->parent->options->metrics != NULL &&
	    loop->metrics.next_ms < next_ms)
		next_ms = loop->metrics.next_ms;
	if (!ends && next_ms == INT64_MAX)
		return -1;
	left = (end_ms < next_ms ? end_ms : next_ms) - clock_now_ms();
	return left < 0 ? 0 : left > INT_MAX ? INT_MAX : (int)left;
}

static void
keep_metrics(struct loop *loop)
{
	const struct figures figures = {.messages = loop->shown,
	    .last = loop->last,
	    .sessions = loop->children.running,
	    .accepting = gate_is_open(&loop->gate)};

	metrics_write(&loop->metrics, loop->parent, &figures);
}

/* Does what is due. Returns whether the loop goes on. */
static bool
keep_time(struct loop *loop)
{
	int64_t now_ms = clock_now_ms(), at_ms, end_ms;

	warning_settle();
	journal_settle(&loop->parent->journal, now_ms);
	keep_metrics(loop);
	if (gate_owes(&loop->gate, &at_ms) && now_ms >= at_ms)
		gate_resume(&loop->gate);
	if (!ends_at(loop, &end_ms) || now_ms < end_ms)
		return true;
	if (loop->status != NOT_ENDING)
		return false;
	end_with(loop, LISTEN_TIMEOUT);
	return true;
}

static bool
open_loop(struct loop *loop)
{
	const struct parent *parent = loop->parent;
	sigset_t set;

	(void)sigprocmask(SIG_BLOCK, NULL, &set);
	loop->signals = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
	loop->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (children_open(&loop->children,
		PLACES_PER_SESSION * parent->options->sessions,
		parent->proofs) != 0 ||
	    loop->signals == -1 || loop->epoll == -1)
		return false;
	loop->gate = (struct gate){.parent = loop->parent,
	    .children = &loop->children,
	    .epoll = loop->epoll};
	/* Without events, epoll only tells that the reader has gone. */
	if ((parent->output.pipe || parent->output.terminal) &&
	    !events_watch(loop->epoll, parent->output.fd, 0, READY_OUTPUT))
		return false;
	if (parent->options->log != NULL &&
	    !events_watch(
		loop->epoll, parent->recorder_control, EPOLLIN, READY_RECORDER))
		return false;
	if (parent->options->command != NULL &&
	    !events_watch(
		loop->epoll, parent->runner_control, EPOLLIN, READY_RUNNER))
		return false;
	return events_watch(
		   loop->epoll, parent->acceptor.fd, EPOLLIN, READY_ACCEPTOR) &&
	    events_watch(loop->epoll, loop->signals, EPOLLIN, READY_SIGNALS) &&
	    events_watch(
		loop->epoll, parent->control, EPOLLIN, READY_CONTROL) &&
	    events_watch(loop->epoll, parent->shown, EPOLLIN, READY_SHOWN);
}

/* Tells everybody who waits for it that we are ready. */
static void
announce(const struct parent *parent, const struct loaded *loaded)
{
	const char *endpoint = parent->acceptor.endpoint;

	setproctitle("listening on %s as %s", endpoint, parent->self);
	supervisor_tell("READY=1");
	warning_inform("listening on %s as %s", endpoint, parent->self);
	/* Scripts read only the line before this one. */
	reload_tell(parent->options, loaded);
}

int
loop_run(struct parent *parent, const struct loaded *loaded)
{
	static struct loop loop;
	struct epoll_event events[8];
	int n;

	loop.parent = parent;
	loop.quiet_since = clock_now_ms();
	parent->display.last = time(NULL); /* today's date needs no line */
	loop.status = NOT_ENDING;
	reload_init(&loop.reload);
	reopening_init(&loop.reopening);
	signals_hold(true);
	if (!open_loop(&loop)) {
		warn("cannot start serving");
		return LISTEN_SYSTEM;
	}
	if (metrics_start(&loop.metrics, parent) != 0) {
		warn("-S %s", parent->options->shown_metrics);
		return LISTEN_OUTPUT;
	}
	announce(parent, loaded);
	while (loop.status == NOT_ENDING || loop.children.running > 0) {
		n = epoll_wait(loop.epoll, events, 8, due(&loop));
		for (int i = 0; i < n; i++)
			take(&loop, events[i].data.u32, events[i].events);
		if (!keep_time(&loop))
			break;
	}
	ending_clear_up(parent, &loop.children);
	metrics_end(parent);
	signals_end_by(loop.signal);
	return loop.status;
}
