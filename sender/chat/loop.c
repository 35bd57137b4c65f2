/* Waiting for what is typed, and for everything else. */
#include "sender/chat/loop.h"

#include <err.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "common/base/clock.h"
#include "sender/chat/exit.h"

#define MOST_WATCHED 32
#define LOOK_MS 2000 /* between two calls of look() */
#define INPUT 0      /* the first of the polled descriptors */

static struct {
	struct pollfd polled[MOST_WATCHED];
	struct {
		void (*ready)(void *arg);
		void *arg;
	} watched[MOST_WATCHED];
	nfds_t count;
	int signals;
	bool terminal; /* standard input is one, which may go away */
	void (*resized)(void);
	bool (*look)(void);
	void (*act)(void);
	bool seen; /* look() returned true */
	int64_t looked_ms;
	bool over;
	int status, noted;
} loop;

void
loop_end(int status)
{
	if (!loop.over)
		loop.status = status;
	loop.over = true;
}

bool
loop_is_over(void)
{
	return loop.over;
}

void
loop_note(int status)
{
	if (!loop.terminal && loop.noted == 0)
		loop.noted = status;
}

int
loop_status(void)
{
	return loop.status != 0 ? loop.status : loop.noted;
}

static void
take_signals(void *arg)
{
	struct signalfd_siginfo info;

	(void)arg;
	while (read(loop.signals, &info, sizeof(info)) == (ssize_t)sizeof(info))
		if (info.ssi_signo != SIGWINCH && info.ssi_signo != SIGCONT)
			loop_end(128 + (int)info.ssi_signo);
		else if (loop.resized != NULL)
			loop.resized();
}

void
loop_open(void)
{
	static const int taken[] = {
	    SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGWINCH, SIGCONT};
	sigset_t signals;

	(void)sigemptyset(&signals);
	for (size_t i = 0; i < sizeof(taken) / sizeof(taken[0]); i++)
		(void)sigaddset(&signals, taken[i]);
	(void)signal(SIGPIPE, SIG_IGN);
	(void)signal(SIGTTOU, SIG_IGN);
	(void)sigprocmask(SIG_SETMASK, &signals, NULL);
	loop.signals = signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);
	if (loop.signals == -1)
		err(TERMINAL_SYSTEM, "cannot receive signals");
	loop.terminal = isatty(STDIN_FILENO) == 1;
	loop.count = INPUT + 1;
	loop_watch(loop.signals, take_signals, NULL);
}

void
loop_watch(int fd, void (*ready)(void *arg), void *arg)
{
	if (loop.count == MOST_WATCHED)
		errx(TERMINAL_SYSTEM, "too many descriptors");
	loop.polled[loop.count] = (struct pollfd){.fd = fd, .events = POLLIN};
	loop.watched[loop.count].ready = ready;
	loop.watched[loop.count++].arg = arg;
}

void
loop_forget(int fd)
{
	for (nfds_t i = INPUT + 1; i < loop.count; i++)
		if (loop.polled[i].fd == fd) {
			loop.polled[i] = loop.polled[--loop.count];
			loop.watched[i] = loop.watched[loop.count];
			return;
		}
}

void
loop_on_resize(void (*resized)(void))
{
	loop.resized = resized;
}

void
loop_look(bool (*look)(void), void (*act)(void))
{
	loop.look = look;
	loop.act = act;
}

/* Returns how long to wait until the next look; -1 if there is none. */
static int
look(void)
{
	int64_t now_ms = clock_now_ms();

	if (loop.look == NULL)
		return -1;
	if (now_ms >= loop.looked_ms + LOOK_MS) {
		loop.looked_ms = now_ms;
		loop.seen |= loop.look();
	}
	return (int)(loop.looked_ms + LOOK_MS - now_ms);
}

static bool
has_other(void)
{
	for (nfds_t i = INPUT + 1; i < loop.count; i++)
		if (loop.polled[i].revents != 0)
			return true;
	return loop.seen;
}

enum loop_ready
loop_wait(bool typed)
{
	struct pollfd *input = &loop.polled[INPUT];
	int left_ms;

	/* A terminal that has gone is noticed in any case. */
	input->fd = typed || loop.terminal ? STDIN_FILENO : -1;
	input->events = typed ? POLLIN : 0;
	while (!loop.over) {
		left_ms = look();
		if (loop.seen)
			left_ms = 0;
		if (poll(loop.polled, loop.count, left_ms) == -1 &&
		    errno != EINTR)
			err(TERMINAL_SYSTEM, "poll");
		if (loop.terminal &&
		    (input->revents & (POLLHUP | POLLERR)) != 0)
			loop_end(128 + SIGHUP);
		else if (has_other())
			return LOOP_OTHER;
		else if (typed && input->revents != 0)
			return LOOP_TYPED;
	}
	return LOOP_OVER;
}

/* What is served may watch other descriptors, or forget some. */
void
loop_serve(void)
{
	int ready[MOST_WATCHED];
	size_t count = 0;

	if (loop.seen)
		loop.act();
	loop.seen = false;
	for (nfds_t i = INPUT + 1; i < loop.count; i++)
		if (loop.polled[i].revents != 0)
			ready[count++] = loop.polled[i].fd;
	for (size_t k = 0; k < count; k++)
		for (nfds_t i = INPUT + 1; i < loop.count; i++)
			if (loop.polled[i].fd == ready[k]) {
				loop.watched[i].ready(loop.watched[i].arg);
				break;
			}
}
