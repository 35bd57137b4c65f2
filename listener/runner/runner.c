/* The runner: it runs a command for each message. */
#include "listener/runner/runner.h"

#include <err.h>
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/base/clock.h"
#include "common/base/error.h"
#include "listener/link/order.h"
#include "listener/link/role.h"
#include "listener/link/ticket.h"
#include "listener/runner/command.h"

#define EVENTS 64

#define TICKET_FD                                                  \
	ROLE_GIVEN /* given to us: the pipe for the key of tickets \
		    */

/* A session, which may make one request, and the command for it. */
struct task {
	uint64_t session; /* its number */
	int channel;      /* -1 if no session waits for the result */
	pid_t pid;        /* of the command; 0 if none runs */
	int64_t deadline; /* of the command, clock_now_ms() time */
	bool overdue;     /* killed after its deadline */
};

struct runner {
	const struct runner_config *config;
	uint8_t ticket_key[SIZE_HASH];
	struct command command;
	int signals, events;
	struct task *tasks;
	size_t count;
	unsigned running;
	/* The datagram being served, with a byte to notice a longer one. */
	struct {
		struct submission submission;
		char text[LIMIT_TEXT + 1];
	} in;
};

static void
hang_up(struct task *task)
{
	if (task->channel != -1)
		(void)close(task->channel);
	task->channel = -1;
}

/* Sends the result to the session, which may have gone. */
static void
reply(struct task *task, enum runner_result result)
{
	uint8_t byte = (uint8_t)result;

	(void)send(task->channel, &byte, 1, MSG_DONTWAIT | MSG_NOSIGNAL);
	hang_up(task);
}

static void
start(struct runner *runner, struct task *task, size_t len)
{
	const struct runner_config *config = runner->config;
	pid_t pid = -1;

	if (runner->running < config->at_once)
		pid = command_start(&runner->command, &runner->in.submission,
		    runner->in.text, len);
	if (pid == -1) {
		reply(task, RUNNER_LATER);
		return;
	}
	task->pid = pid;
	task->overdue = false;
	task->deadline = clock_now_ms() + config->limit_ms;
	runner->running++;
}

/* Serves a request. If the session has gone, kills its command. */
static void
serve(struct runner *runner, struct task *task)
{
	const size_t head = sizeof(runner->in.submission);
	ssize_t n = read(task->channel, &runner->in, sizeof(runner->in));

	if (n == -1 && (errno == EAGAIN || errno == EINTR))
		return;
	if (task->pid != 0) { /* the session left, or broke the protocol */
		command_kill(task->pid);
		hang_up(task);
	} else if (n <= (ssize_t)head ||
	    !submission_is_valid(&runner->in.submission, runner->in.text,
		(size_t)n - head, runner->config->suite, runner->ticket_key,
		task->session)) {
		hang_up(task);
	} else {
		start(runner, task, (size_t)n - head);
	}
	if (n > 0)
		explicit_bzero(&runner->in, (size_t)n);
}

static struct task *
task_of(const struct runner *runner, pid_t pid)
{
	for (size_t i = 0; i < runner->count; i++)
		if (runner->tasks[i].pid == pid)
			return &runner->tasks[i];
	return NULL;
}

/* A command has ended. While it is a zombie, nobody else can get its group. */
static void
bury(struct runner *runner, pid_t pid)
{
	struct task *task = task_of(runner, pid);
	enum runner_result result;
	int status;

	command_kill(pid); /* what it left running */
	if (waitpid(pid, &status, 0) != pid || task == NULL)
		return;
	result = task->overdue ? RUNNER_OVERDUE : command_result(status);
	task->pid = 0;
	runner->running--;
	reply(task, result);
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
		bury(runner, ended.si_pid);
	}
}

/* Ends the runner, because the parent has gone. */
static void __attribute__((noreturn))
end(struct runner *runner)
{
	for (size_t i = 0; i < runner->count; i++)
		if (runner->tasks[i].pid != 0)
			command_kill(runner->tasks[i].pid);
	_exit(0);
}

static void
admit(struct runner *runner)
{
	struct epoll_event event = {.events = EPOLLIN};
	struct task *task = runner->tasks, *last = task + runner->count;
	struct order order = {.what = 0};
	int channel, error;

	error = order_receive(ROLE_CONTROL, &order, &channel, 0);
	if (error == CHAT_EIO)
		return;
	if (error != 0)
		end(runner);
	while (task < last && (task->channel != -1 || task->pid != 0))
		task++;
	event.data.ptr = task;
	if (task == last ||
	    epoll_ctl(runner->events, EPOLL_CTL_ADD, channel, &event) != 0)
		(void)close(channel);
	else {
		task->channel = channel;
		task->session = order.number;
	}
}

/*
 * Kills commands whose time is over. Returns the milliseconds until the next
 * deadline, or -1.
 */
static int
keep_time(struct runner *runner)
{
	int64_t now = clock_now_ms(), next = -1;

	for (size_t i = 0; i < runner->count; i++) {
		struct task *task = &runner->tasks[i];

		if (task->pid == 0 || task->overdue)
			continue;
		task->overdue = task->deadline <= now;
		if (task->overdue)
			command_kill(task->pid);
		else if (next == -1 || task->deadline - now < next)
			next = task->deadline - now;
	}
	return (int)next;
}

static void
take_events(struct runner *runner)
{
	struct epoll_event events[EVENTS];
	bool asked = false;
	int n = epoll_wait(runner->events, events, EVENTS, keep_time(runner));

	if (n == -1 && errno != EINTR)
		err(ROLE_LOST, "runner: epoll_wait");
	for (int i = 0; i < n; i++)
		if (events[i].data.ptr == &runner->config)
			asked = true;
		else if (events[i].data.ptr != &runner->signals)
			serve(runner, events[i].data.ptr);
	reap(runner);
	if (asked)
		admit(runner);
}

static bool
watch(const struct runner *runner, int fd, void *what)
{
	struct epoll_event event = {.events = EPOLLIN, .data.ptr = what};

	return epoll_ctl(runner->events, EPOLL_CTL_ADD, fd, &event) == 0;
}

static int
furnish(struct runner *runner)
{
	sigset_t set;

	runner->count = (size_t)runner->config->places + ROLE_SPARE;
	runner->tasks = calloc(runner->count, sizeof(*runner->tasks));
	if (runner->tasks == NULL)
		return CHAT_EINTERNAL;
	for (size_t i = 0; i < runner->count; i++)
		runner->tasks[i].channel = -1;
	(void)sigemptyset(&set);
	(void)sigaddset(&set, SIGCHLD);
	(void)sigprocmask(SIG_BLOCK, &set, NULL);
	runner->signals = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
	runner->events = epoll_create1(EPOLL_CLOEXEC);
	if (runner->signals == -1 || runner->events == -1 ||
	    !watch(runner, ROLE_CONTROL, &runner->config) ||
	    !watch(runner, runner->signals, &runner->signals))
		return CHAT_EIO;
	return CHAT_OK;
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
	if (command_prepare(&runner->command, &config->jail) != 0)
		err(ROLE_LOST, "runner: cannot start");
	if (privdrop_user(&config->jail, &what) != 0)
		errx(ROLE_LOST, "runner: cannot %s: %s; %s", what,
		    strerror(errno), privdrop_advice(&config->jail));
	if (prctl(PR_SET_DUMPABLE, 0) != 0 || furnish(runner) != 0)
		err(ROLE_LOST, "runner: cannot start");
	if (ticket_receive_key(TICKET_FD, runner->ticket_key) != 0)
		_exit(0); /* the listener has gone, or will say why it ends */
	for (;;)
		take_events(runner);
}

pid_t
runner_start(const struct runner_config *config, int *control)
{
	static struct runner runner;
	pid_t pid = role_fork("runner", &config->ticket_pipe, 1, control);

	if (pid == 0) {
		runner.config = config;
		run_commands(&runner);
	}
	return pid;
}
