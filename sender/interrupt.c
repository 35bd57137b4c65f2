/* Signals that end chat-send. */
#include "sender/interrupt.h"

#include <poll.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "common/base/clock.h"

static const int signals[] = {SIGINT, SIGTERM, SIGHUP};
#define SIGNALS (sizeof(signals) / sizeof(signals[0]))

static volatile sig_atomic_t noted, again;

static struct {
	const struct report_style *style;
	const struct report_lines *unsent, *sent;
	const volatile uint8_t *maybe_sent;
	const struct report_lines *volatile known;
	bool words, json; /* which parts of `known` to write */
	int64_t start_ms;
	pid_t pid; /* getpid(2) is not allowed in the sandbox */
} speech;

/* Sets a handler for these signals, except for those that are ignored. */
static void
handle(void (*handler)(int), int flags)
{
	struct sigaction action = {.sa_handler = handler, .sa_flags = flags};
	struct sigaction before;

	(void)sigemptyset(&action.sa_mask);
	for (size_t i = 0; i < SIGNALS; i++)
		if (sigaction(signals[i], NULL, &before) == 0 &&
		    before.sa_handler != SIG_IGN)
			(void)sigaction(signals[i], &action, NULL);
}

static void
speak(int number)
{
	const struct report_lines *lines =
	    *speech.maybe_sent != 0 ? speech.sent : speech.unsent;
	int64_t ms = clock_now_ms() - speech.start_ms;

	if (speech.known != NULL)
		(void)report_write(speech.known, speech.words, speech.json, ms);
	else
		(void)report_write(lines, true, speech.style->json, ms);
	/* The signal is not blocked, and its action is the default again. */
	(void)syscall(SYS_tgkill, speech.pid, speech.pid, number);
	_exit(speech.maybe_sent[0] != 0 ? SEND_UNKNOWN : SEND_TEMPORARY);
}

void
interrupt_speak(const struct report_style *style,
    const struct report_lines *unsent, const struct report_lines *sent,
    const volatile uint8_t *maybe_sent, int64_t start_ms)
{
	speech.style = style;
	speech.unsent = unsent;
	speech.sent = sent;
	speech.maybe_sent = maybe_sent;
	speech.start_ms = start_ms;
	speech.pid = getpid();
	handle(speak, (int)(SA_RESETHAND | SA_NODEFER));
}

void
interrupt_known(const struct report_lines *known, bool words, bool json)
{
	speech.words = words;
	speech.json = json;
	speech.known = known;
}

void
interrupt_said(void)
{
	speech.words = speech.json = false;
}

static void
note(int number)
{
	again = noted != 0;
	if (noted == 0)
		noted = number;
}

static void
set_blocked(int how, sigset_t *before)
{
	sigset_t set;

	(void)sigemptyset(&set);
	for (size_t i = 0; i < SIGNALS; i++)
		(void)sigaddset(&set, signals[i]);
	(void)sigprocmask(how, &set, before);
}

void
interrupt_hold(sigset_t *mask)
{
	set_blocked(SIG_BLOCK, mask);
	handle(note, 0);
	for (size_t i = 0; i < SIGNALS; i++)
		(void)sigdelset(mask, signals[i]);
}

int
interrupt_noted(const sigset_t *mask)
{
	const struct timespec now = {0};

	if (noted == 0)
		(void)ppoll(NULL, 0, &now, mask);
	return noted;
}

bool
interrupt_again(void)
{
	return again != 0;
}

void
interrupt_release(void)
{
	handle(SIG_DFL, 0);
	set_blocked(SIG_UNBLOCK, NULL);
}

void
interrupt_end(void)
{
	(void)kill(getpid(), noted);
	_exit(SEND_UNKNOWN); /* not reached */
}

void
interrupt_ignore(void)
{
	handle(SIG_IGN, 0);
}

void
interrupt_delay(sigset_t *before)
{
	set_blocked(SIG_BLOCK, before);
}

void
interrupt_allow(const sigset_t *before)
{
	(void)sigprocmask(SIG_SETMASK, before, NULL);
}

void
interrupt_forget(void)
{
	handle(SIG_DFL, 0);
	set_blocked(SIG_UNBLOCK, NULL);
}
