/* The runner: it has a command handle each message. */
#include "listener/runner/runner.h"

#include <err.h>
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/base/clock.h"
#include "common/base/error.h"
#include "common/base/shell.h"
#include "listener/link/order.h"
#include "listener/link/role.h"
#include "listener/link/ticket.h"
#include "listener/runner/crew.h"

#define EVENTS 64

/* Given to us: the pipe for the key of tickets, and standard error of commands.
 */
#define TICKET_FD ROLE_GIVEN
#define ERRORS_FD (ROLE_GIVEN + 1)

struct runner {
	const struct runner_config *config;
	uint8_t ticket_key[SIZE_HASH];
	struct command command;
	int signals, events;
	struct tasks tasks;
	struct crew crew;         /* if there are handlers, else: */
	struct task_list running; /* tasks with a command, oldest first */
	unsigned running_count;
	struct request in; /* the request being served */
};

static bool
has_crew(const struct runner *runner)
{
	return runner->config->handlers > 0;
}

/* Starts a command for the request that was read. */
static void
start(struct runner *runner, struct task *task, size_t len)
{
	const struct runner_config *config = runner->config;
	pid_t pid = -1;

	if (runner->running_count < config->at_once)
		pid = command_start(&runner->command, &runner->in.submission,
		    runner->in.text, len);
	if (pid == -1) {
		task_end(&runner->tasks, task, RUNNER_LATER);
		return;
	}
	task->state = TASK_HELD;
	task->pid = pid;
	task->deadline = clock_now_ms() + config->limit_ms;
	TAILQ_INSERT_TAIL(&runner->running, task, link);
	runner->running_count++;
}

/* Reads a request, and has it handled. */
static void
take(struct runner *runner, struct task *task)
{
	struct request *in = &runner->in;
	ssize_t len;

	if (has_crew(runner)) {
		crew_take(&runner->crew, task);
		return;
	}
	len = task_read(task, runner->config->suite, runner->ticket_key, in);
	if (len == -1)
		return;
	if (len == 0)
		task_drop(&runner->tasks, task);
	else
		start(runner, task, (size_t)len);
	task_wipe(in, len);
}

/*
 * A session has asked; or it has left, or broken the protocol, and then its
 * command is killed. A handler goes on.
 */
static void
serve(struct runner *runner, struct task *task, bool left)
{
	switch (task->state) {
	case TASK_OPEN:
		if (left)
			task_drop(&runner->tasks, task);
		else
			take(runner, task);
		break;
	case TASK_WAITING:
		if (left)
			crew_leave(&runner->crew, task);
		break;
	case TASK_HELD:
		if (!left && !task_asks(task))
			break;
		if (task->pid != 0)
			shell_kill(task->pid);
		task_hang_up(task);
		break;
	default:
		break;
	}
}

static struct task *
task_of(const struct runner *runner, pid_t pid)
{
	struct task *task;

	TAILQ_FOREACH(task, &runner->running, link)
		if (task->pid == pid)
			break;
	return task;
}

/* A command has ended. While it is a zombie, nobody else can get its group. */
static void
bury(struct runner *runner, pid_t pid)
{
	struct task *task = task_of(runner, pid);
	int status;

	shell_kill(pid); /* what it left running */
	if (waitpid(pid, &status, 0) != pid || task == NULL)
		return;
	TAILQ_REMOVE(&runner->running, task, link);
	runner->running_count--;
	task_end(&runner->tasks, task,
	    task->overdue ? RUNNER_OVERDUE : command_result(status));
}

static void
reap(struct runner *runner)
{
	struct signalfd_siginfo info;
	siginfo_t ended;

	while (read(runner->signals, &info, sizeof(info)) > 0)
		;
	for (;;) {
		ended.si_pid = 0;
		if (waitid(P_ALL, 0, &ended, WEXITED | WNOHANG | WNOWAIT) !=
			0 ||
		    ended.si_pid == 0)
			return;
		if (has_crew(runner))
			crew_bury(&runner->crew, ended.si_pid);
		else
			bury(runner, ended.si_pid);
	}
}

/* Ends the runner, because the parent has gone. */
static void __attribute__((noreturn))
end(struct runner *runner)
{
	const struct task *task;

	for (task = TAILQ_FIRST(&runner->running); task != NULL;
	    task = TAILQ_NEXT(task, link))
		shell_kill(task->pid);
	if (has_crew(runner))
		crew_end(&runner->crew);
	_exit(0);
}

static void
admit(struct runner *runner)
{
	struct epoll_event event = {.events = EPOLLIN | EPOLLET};
	struct order order = {.what = 0};
	struct task *task;
	int channel, error;

	error = order_receive(ROLE_CONTROL, &order, &channel, 0);
	if (error == CHAT_EIO)
		return;
	if (error != 0)
		end(runner);
	task = task_take(&runner->tasks, channel, order.number);
	if (task == NULL) {
		(void)close(channel);
		return;
	}
	event.data.ptr = task;
	if (epoll_ctl(runner->events, EPOLL_CTL_ADD, channel, &event) != 0)
		task_drop(&runner->tasks, task);
}

/*
 * Kills commands whose time is over. Returns the milliseconds until the next
 * deadline, or -1.
 */
static int64_t
watch_commands(struct runner *runner, int64_t now_ms)
{
	struct task *task;

	for (task = TAILQ_FIRST(&runner->running); task != NULL;
	    task = TAILQ_NEXT(task, link)) {
		if (task->overdue)
			continue;
		if (task->deadline > now_ms)
			return task->deadline - now_ms;
		task->overdue = true;
		shell_kill(task->pid);
	}
	return -1;
}

static int64_t
keep_time(struct runner *runner)
{
	int64_t now_ms = clock_now_ms();

	return has_crew(runner) ? crew_keep_time(&runner->crew, now_ms)
				: watch_commands(runner, now_ms);
}

/* Returns whether the parent has an order for us. */
static bool
take_event(struct runner *runner, const struct epoll_event *event)
{
	switch (*(const enum watched *)event->data.ptr) {
	case WATCHED_CONTROL:
		return true;
	case WATCHED_SIGNALS:
		break;
	case WATCHED_TASK:
		serve(runner, event->data.ptr, (event->events & EPOLLHUP) != 0);
		break;
	case WATCHED_HANDLER:
		crew_serve(&runner->crew, event->data.ptr);
		break;
	}
	return false;
}

static void
take_events(struct runner *runner)
{
	struct epoll_event events[EVENTS];
	bool asked = false;
	int n =
	    epoll_wait(runner->events, events, EVENTS, (int)keep_time(runner));

	if (n == -1 && errno != EINTR)
		err(ROLE_LOST, "runner: epoll_wait");
	for (int i = 0; i < n; i++)
		asked |= take_event(runner, &events[i]);
	reap(runner);
	if (asked)
		admit(runner);
}

static bool
watch(const struct runner *runner, int fd, enum watched *what)
{
	struct epoll_event event = {.events = EPOLLIN, .data.ptr = what};

	return epoll_ctl(runner->events, EPOLL_CTL_ADD, fd, &event) == 0;
}

static int
furnish(struct runner *runner)
{
	static enum watched control = WATCHED_CONTROL,
			    signals = WATCHED_SIGNALS;
	sigset_t set;

	if (task_open(&runner->tasks,
		(size_t)runner->config->places + ROLE_SPARE) != 0)
		return CHAT_EINTERNAL;
	TAILQ_INIT(&runner->running);
	(void)signal(SIGPIPE, SIG_IGN); /* a handler may have gone */
	(void)sigemptyset(&set);
	(void)sigaddset(&set, SIGCHLD);
	(void)sigprocmask(SIG_BLOCK, &set, NULL);
	runner->signals = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
	runner->events = epoll_create1(EPOLL_CLOEXEC);
	if (runner->signals == -1 || runner->events == -1 ||
	    !watch(runner, ROLE_CONTROL, &control) ||
	    !watch(runner, runner->signals, &signals))
		return CHAT_EIO;
	return CHAT_OK;
}

static int
start_crew(struct runner *runner)
{
	const struct runner_config *config = runner->config;

	runner->crew = (struct crew){.command = &runner->command,
	    .suite = config->suite,
	    .ticket_key = runner->ticket_key,
	    .tasks = &runner->tasks,
	    .events = runner->events,
	    .count = config->handlers,
	    .telling.quiet = config->quiet,
	    .limit_ms = config->limit_ms,
	    .wait_ms = config->wait_ms};
	return has_crew(runner) ? crew_open(&runner->crew) : CHAT_OK;
}

/*
 * The runner gives up only rights that no command can need. It has no
 * parent-death signal, because it still has to kill its commands.
 */
static void __attribute__((noreturn))
run_commands(struct runner *runner)
{
	const struct runner_config *config = runner->config;
	const char *what;

	runner->command.line = config->command;
	runner->command.json = config->json;
	runner->command.errors = ERRORS_FD;
	if (command_prepare(&runner->command, &config->jail) != 0)
		err(ROLE_LOST, "runner: cannot start");
	if (privdrop_user(&config->jail, &what) != 0)
		errx(ROLE_LOST, "runner: cannot %s: %s; %s", what,
		    strerror(errno), privdrop_advice(&config->jail));
	if (prctl(PR_SET_DUMPABLE, 0) != 0 || furnish(runner) != 0)
		err(ROLE_LOST, "runner: cannot start");
	if (ticket_receive_key(TICKET_FD, runner->ticket_key) != 0)
		_exit(0); /* the listener has gone, or will say why it ends */
	if (start_crew(runner) != 0)
		err(ROLE_LOST, "runner: cannot start");
	for (;;)
		take_events(runner);
}

pid_t
runner_start(const struct runner_config *config, int *control)
{
	static struct runner runner;
	const int given[] = {config->ticket_pipe, config->errors};
	pid_t pid = role_fork("runner", given, 2, control);

	if (pid == 0) {
		runner.config = config;
		run_commands(&runner);
	}
	return pid;
}
