/* The loop of the listener. */
#include "listener/parent/loop.h"

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
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
#include "listener/parent/busy.h"
#include "listener/parent/change.h"
#include "listener/parent/children.h"
#include "listener/parent/opening.h"
#include "listener/parent/warning.h"

#define ACCEPTS 32 /* connections taken before anything else is looked at */
#define GRACE_MS DEADLINE_MS(LIMIT_GRACE_S)
#define PAUSE_MS 500  /* when descriptors ran out */
#define LAST_MS 2000  /* for what was killed: the kernel may hold it longer */
#define RETRY_MS 1000 /* when standard error took no more */
#define SHELL_SIGNAL 128 /* what shells add to the number of a signal */
#define NO_FD (-1)
#define NOT_ENDING (-1)
#define GONE 0 /* the id of a process that was waited for, or never was */

/* What epoll tells apart. */
enum ready {
	READY_ACCEPTOR,
	READY_SIGNALS,
	READY_CONTROL,
	READY_SHOWN,
	READY_OPENING,
	READY_OUTPUT,
	READY_REPORT, /* and above: of that child */
};

struct loop {
	struct parent *parent;
	struct children children;
	int events, signals;
	int opening;         /* of a directory that is to be read, or NO_FD */
	bool open_again;     /* SIGHUP came while that went on */
	unsigned long shown; /* messages */
	int64_t quiet_since; /* clock_now_ms() of the last message */
	int64_t ending_since;
	int status;  /* of our exit, once we are ending */
	int signal;  /* that ends us before what -c waits for, or 0 */
	bool paused; /* not accepting: descriptors ran out */
	int64_t paused_at;
};

/* From now on nothing is accepted; running sessions get their grace. */
static void
end_with(struct loop *loop, int status)
{
	if (loop->status != NOT_ENDING)
		return;
	loop->status = status;
	loop->ending_since = clock_now_ms();
	/* One that was passed to us is needed until the exit. */
	if (loop->parent->options->socket == -1)
		(void)close(loop->parent->acceptor.fd);
	else
		(void)epoll_ctl(loop->events, EPOLL_CTL_DEL,
		    loop->parent->acceptor.fd, NULL);
	loop->parent->acceptor.fd = -1;
}

static bool
watch(const struct loop *loop, int fd, uint32_t events, uint32_t ready)
{
	struct epoll_event event = {.events = events, .data.u32 = ready};

	return epoll_ctl(loop->events, EPOLL_CTL_ADD, fd, &event) == 0;
}

/* One connection, which becomes a session or hears that it cannot. */
static void
welcome(struct loop *loop, int connection, const struct source *source)
{
	struct parent *parent = loop->parent;
	struct child *child;
	enum refusal refusal =
	    children_start(parent, &loop->children, connection, source, &child);

	if (refusal != REFUSAL_NONE) {
		busy_send(connection, refusal);
		journal_refusal(
		    &parent->journal, source->text, refusal, clock_now_ms());
	} else if (child->report != -1) {
		(void)watch(loop, child->report, EPOLLIN,
		    READY_REPORT + (uint32_t)(child - loop->children.list));
	}
	(void)close(connection);
}

/* Without descriptors accept would fail at once, again and again. */
static void
pause_accepting(struct loop *loop, bool pause)
{
	struct epoll_event event = {
	    .events = pause ? 0 : EPOLLIN, .data.u32 = READY_ACCEPTOR};

	loop->paused_at = clock_now_ms();
	if (loop->paused == pause || loop->parent->acceptor.fd == -1)
		return;
	loop->paused = pause;
	(void)epoll_ctl(
	    loop->events, EPOLL_CTL_MOD, loop->parent->acceptor.fd, &event);
}

static void
accept_some(struct loop *loop)
{
	struct source source;
	int fd;

	for (int i = 0; i < ACCEPTS && loop->status == NOT_ENDING; i++) {
		fd = acceptor_accept(&loop->parent->acceptor, &source);
		if (fd == -1) {
			if (errno == EMFILE || errno == ENFILE ||
			    errno == ENOBUFS || errno == ENOMEM) {
				journal_refusal(&loop->parent->journal,
				    "somebody", REFUSAL_LATER, clock_now_ms());
				pause_accepting(loop, true);
			}
			return; /* else none is left, or it is gone again */
		}
		welcome(loop, fd, &source);
	}
}

/* Messages, as the keyholder counted them: how a session ends says nothing. */
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
	loop->parent->display.last = time(NULL);
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
		/* From now on its number may be somebody else's. */
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
		} else {
			children_bury(parent, &loop->children, pid, status);
		}
	}
	pause_accepting(loop, false);
}

/* SIGHUP. Nobody waits for it: neither for the file nor for its writer. */
static void
reload(struct loop *loop)
{
	const struct options *options = loop->parent->options;

	loop->open_again = loop->opening != NO_FD;
	if (loop->open_again)
		return;
	loop->opening = opening_start(options->directory, O_NONBLOCK);
	if (loop->opening == NO_FD ||
	    !watch(loop, loop->opening, EPOLLIN, READY_OPENING))
		warn("%s: not reloaded, the old directory stays",
		    options->shown_directory);
}

/* The file is open, or not to be had. The keyholder's answer comes later. */
static void
take_opened(struct loop *loop)
{
	const char *path = loop->parent->options->shown_directory;
	int fd;

	(void)epoll_ctl(loop->events, EPOLL_CTL_DEL, loop->opening, NULL);
	fd = opening_end(loop->opening);
	loop->opening = NO_FD;
	if (loop->open_again)
		reload(loop);
	else if (fd == -1)
		warn("%s: not reloaded, the old directory stays", path);
	else if (keyholder_load(loop->parent->control, fd) != 0)
		warnx("%s: not reloaded: the keyholder is busy", path);
	else
		change_note(fd);
	if (fd != -1)
		(void)close(fd);
}

void
loop_tell_loaded(const struct options *options, const struct loaded *loaded)
{
	if (loaded->unlisted && !options->quiet)
		warnx(
		    "%s: unlisted senders are let in too, with a question mark; -s refuses them",
		    options->shown_directory);
}

/* A bad file keeps the old directory; the keyholder has said why. */
static void
take_loaded(struct loop *loop)
{
	const char *path = loop->parent->options->shown_directory;
	struct loaded loaded;

	if (keyholder_loaded(loop->parent->control, &loaded) != 0) {
		(void)epoll_ctl(
		    loop->events, EPOLL_CTL_DEL, loop->parent->control, NULL);
		reap(loop);
		end_with(loop, LISTEN_SYSTEM);
	} else if (loaded.error != 0) {
		warnx("%s: not reloaded, the old directory stays", path);
	} else {
		warnx("%s: reloaded, %zu user%s", path, loaded.users,
		    loaded.users == 1 ? "" : "s");
		loop_tell_loaded(loop->parent->options, &loaded);
	}
}

/*
 * SIGINT or SIGTERM. Where messages are counted and some are still missing,
 * nobody must take our end for theirs. What was shown before counts.
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
			reload(loop);
		else if (info.ssi_signo != SIGCHLD)
			stop(loop, (int)info.ssi_signo);
	}
	reap(loop);
}

static void
take(struct loop *loop, uint32_t ready)
{
	switch (ready) {
	case READY_ACCEPTOR:
		accept_some(loop);
		break;
	case READY_SIGNALS:
		take_signals(loop);
		break;
	case READY_CONTROL:
		take_loaded(loop);
		break;
	case READY_SHOWN:
		take_shown(loop);
		break;
	case READY_OPENING:
		take_opened(loop);
		break;
	case READY_OUTPUT:
		(void)epoll_ctl(
		    loop->events, EPOLL_CTL_DEL, loop->parent->output.fd, NULL);
		warnx("nobody reads the output any more");
		end_with(loop, LISTEN_OUTPUT);
		break;
	default:
		children_hear(
		    loop->parent, &loop->children.list[ready - READY_REPORT]);
		break;
	}
}

/* When the listener has to end, if nothing happens before. */
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

/* Milliseconds until something is due, or -1. */
static int
due(const struct loop *loop)
{
	int64_t end_ms = INT64_MAX, next_ms = INT64_MAX, left;
	bool ends = ends_at(loop, &end_ms);
	bool owes = journal_owes(&loop->parent->journal, &next_ms);

	if (loop->paused && loop->paused_at + PAUSE_MS < next_ms)
		next_ms = loop->paused_at + PAUSE_MS;
	if (warning_owes() && clock_now_ms() + RETRY_MS < next_ms)
		next_ms = clock_now_ms() + RETRY_MS;
	if (!ends && !owes && !loop->paused && !warning_owes())
		return -1;
	left = (end_ms < next_ms ? end_ms : next_ms) - clock_now_ms();
	return left < 0 ? 0 : left > INT_MAX ? INT_MAX : (int)left;
}

/* Does what is due. Returns whether to go on. */
static bool
keep_time(struct loop *loop)
{
	int64_t now_ms = clock_now_ms(), end_ms;

	warning_settle();
	journal_settle(&loop->parent->journal, now_ms);
	if (loop->paused && now_ms >= loop->paused_at + PAUSE_MS)
		pause_accepting(loop, false);
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
	loop->events = epoll_create1(EPOLL_CLOEXEC);
	if (children_open(&loop->children,
		PLACES_PER_SESSION * parent->options->sessions,
		parent->proofs) != 0 ||
	    loop->signals == -1 || loop->events == -1)
		return false;
	/* Without an event asked for, only the reader's leaving is told. */
	if ((parent->output.pipe || parent->output.terminal) &&
	    !watch(loop, parent->output.fd, 0, READY_OUTPUT))
		return false;
	return watch(loop, parent->acceptor.fd, EPOLLIN, READY_ACCEPTOR) &&
	    watch(loop, loop->signals, EPOLLIN, READY_SIGNALS) &&
	    watch(loop, parent->control, EPOLLIN, READY_CONTROL) &&
	    watch(loop, parent->shown, EPOLLIN, READY_SHOWN);
}

/*
 * Waits until all children have ended; but not for ever for one that was
 * killed and hangs in the kernel, over a file on a server that has gone, or
 * that we may not kill: it dies with us.
 */
static void
wait_for_ends(struct parent *parent)
{
	int64_t deadline = clock_now_ms() + LAST_MS, left = LAST_MS;
	struct timespec time;
	sigset_t child;
	pid_t pid;

	(void)sigemptyset(&child);
	(void)sigaddset(&child, SIGCHLD);
	while ((pid = waitpid(-1, NULL, WNOHANG)) != -1 && left > 0) {
		if (pid == parent->runner)
			parent->runner = GONE;
		left = deadline - clock_now_ms();
		time.tv_sec = left / 1000;
		time.tv_nsec = left % 1000 * 1000000;
		if (pid == 0 && left > 0)
			(void)sigtimedwait(&child, NULL, &time);
	}
}

/*
 * Ends what is still running, and waits for it. The runner ends its commands,
 * unless they keep it stopped: then it is killed, and they die with it.
 */
static void
clear_up(struct loop *loop)
{
	struct parent *parent = loop->parent;

	children_kill(&loop->children);
	(void)close(parent->control);
	if (parent->keyholder != GONE)
		(void)kill(parent->keyholder, SIGKILL); /* even if stopped */
	if (parent->runner != GONE) {
		(void)close(parent->runner_control);
		(void)kill(parent->runner, SIGCONT); /* even if stopped */
	}
	wait_for_ends(parent);
	if (parent->runner != GONE)
		(void)kill(parent->runner, SIGKILL);
}

static int ended_by; /* the signal that is to end us, once all is in order */

/* As the last thing of an exit: whoever waits for us sees that signal. */
static void
die_of_signal(int status, void *unused)
{
	sigset_t none;

	(void)status;
	(void)unused;
	if (ended_by == 0)
		return;
	(void)sigemptyset(&none);
	(void)signal(ended_by, SIG_DFL);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
	(void)raise(ended_by);
	_exit(SHELL_SIGNAL + ended_by); /* as process 1, nothing else ends us */
}

static void
block(const int signals[], size_t count)
{
	sigset_t set;

	(void)sigemptyset(&set);
	for (size_t i = 0; i < count; i++)
		(void)sigaddset(&set, signals[i]);
	(void)sigprocmask(SIG_SETMASK, &set, NULL);
}

void
loop_prepare(void)
{
	(void)signal(SIGPIPE, SIG_IGN);
	(void)signal(SIGXFSZ, SIG_IGN); /* a full file is a nack, no crash */
	(void)signal(SIGCHLD, SIG_DFL); /* ignored, nobody's end is told */
	(void)signal(SIGINT, SIG_DFL);
	(void)signal(SIGTERM, SIG_DFL);
	loop_hold_signals(false);
	(void)on_exit(die_of_signal, NULL);
}

void
loop_hold_signals(bool hold)
{
	static const int signals[] = {SIGCHLD, SIGHUP, SIGINT, SIGTERM};

	block(signals, hold ? 4 : 2);
}

int
loop_run(struct parent *parent)
{
	static struct loop loop;
	struct epoll_event events[8];
	int n;

	loop.parent = parent;
	loop.quiet_since = clock_now_ms();
	parent->display.last = time(NULL); /* nobody wonders about today */
	loop.status = NOT_ENDING;
	loop.opening = NO_FD;
	if (!open_loop(&loop)) {
		warn("cannot start serving");
		return LISTEN_SYSTEM;
	}
	while (loop.status == NOT_ENDING || loop.children.running > 0) {
		n = epoll_wait(loop.events, events, 8, due(&loop));
		for (int i = 0; i < n; i++)
			take(&loop, events[i].data.u32);
		if (!keep_time(&loop))
			break;
	}
	clear_up(&loop);
	ended_by = loop.signal;
	return loop.status;
}
