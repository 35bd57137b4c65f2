/* The time limit of -t before the first attempt. */
#include "sender/patience.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include "common/base/clock.h"
#include "common/base/error.h"
#include "common/base/text.h"
#include "sender/options.h"

/*
 * SIGKILL comes this many seconds later: a disk that hangs delays the handler.
 */
#define GRACE_S 2

static struct {
	unsigned seconds;
	int64_t start_ms;
	timer_t last;
	char words[SIZE_QUOTE + 128]; /* the message for the signal handler */
	size_t len;
} patience;

static void
run_out(int number)
{
	(void)number;
	if (write(STDERR_FILENO, patience.words, patience.len) == -1)
		_exit(SEND_TEMPORARY); /* ends in any case */
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
patience_start(unsigned seconds)
{
	struct sigevent kill = {
	    .sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGKILL};
	sigset_t set;

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
	static char words[sizeof(patience.words)];
	int len;

	if (patience.seconds == 0)
		return;
	len = snprintf(words, sizeof(words),
	    "chat-send: %s: not ready within the %u second%s of -t; nothing was sent\n",
	    QUOTED(what), patience.seconds, patience.seconds == 1 ? "" : "s");
	if (len < 0 || (size_t)len >= sizeof(words))
		return;
	patience.len = 0; /* if a signal comes now, it prints nothing */
	memcpy(patience.words, words, (size_t)len);
	patience.len = (size_t)len;
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
