/* The time limit of -t before the first attempt. */
#include "sender/patience.h"

#include <signal.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include "common/base/clock.h"
#include "common/base/error.h"
#include "common/base/text.h"

/*
 * SIGKILL comes this many seconds later: a disk that hangs delays the handler.
 */
#define GRACE_S 2

static struct {
	unsigned seconds;
	int64_t start_ms;
	timer_t last;
	void (*prepare)(const struct failure *);
	void (*report)(void);
} patience;

static void
run_out(int number)
{
	(void)number;
	patience.report();
	_exit(SEND_TEMPORARY);
}

static int
set_timers(unsigned seconds)
{
	const struct itimerval first = {.it_value.tv_sec = (time_t)seconds};
	const struct itimerspec last = {
	    .it_value.tv_sec = seconds == 0 ? 0 : (time_t)seconds + GRACE_S};

	if (setitimer(ITIMER_REAL, &first, NULL) != 0 ||
	    timer_settime(patience.last, 0, &last, NULL) != 0)
		return CHAT_EIO;
	return CHAT_OK;
}

int
patience_start(unsigned seconds, void (*prepare)(const struct failure *),
    void (*report)(void))
{
	struct sigevent kill = {
	    .sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGKILL};
	sigset_t set;

	patience.prepare = prepare;
	patience.report = report;
	patience.seconds = seconds;
	patience.start_ms = clock_now_ms();
	if (seconds == 0)
		return CHAT_OK;
	patience_for("chat-send");
	(void)signal(SIGALRM, run_out);
	(void)sigemptyset(&set); /* our parent may have blocked it */
	(void)sigaddset(&set, SIGALRM);
	(void)sigprocmask(SIG_UNBLOCK, &set, NULL);
	if (timer_create(CLOCK_MONOTONIC, &kill, &patience.last) != 0)
		return CHAT_EIO;
	return set_timers(seconds);
}

void
patience_for(const char *what)
{
	struct failure failure = {.status = SEND_OK};

	if (patience.seconds == 0)
		return;
	(void)failure_set(&failure, SEND_TEMPORARY,
	    "%.192s: not ready within the %u second%s of -t; nothing was sent",
	    QUOTED(what), patience.seconds, patience.seconds == 1 ? "" : "s");
	patience.prepare(&failure);
}

int64_t
patience_end(void)
{
	if (patience.seconds == 0)
		return 0;
	(void)set_timers(0);
	(void)timer_delete(patience.last);
	(void)signal(SIGALRM, SIG_DFL);
	return clock_now_ms() - patience.start_ms;
}
