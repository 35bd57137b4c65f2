/* Sends to several recipients at once, and retries. */
#include "sender/dispatch.h"

#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <string.h>

#include "common/base/clock.h"
#include "sender/attempt.h"
#include "sender/interrupt.h"
#include "sender/job.h"
#include "sender/lines.h"
#include "sender/retry.h"

/*
 * Whether an outcome concerns only this message of a stream, so that its
 * recipient can go on with the next one.
 */
static bool
is_of_message(const struct outcome *outcome)
{
	return outcome->status == SEND_OK || outcome->status == SEND_IO ||
	    outcome->id_taken != 0;
}

static void
go_on(const struct round *round, struct job *job)
{
	size_t stream = (size_t)(job - round->jobs);

	lines_failing(stream, false);
	job->ended = !is_of_message(&job->outcome) || job->untold;
	job->idle = true;
	if (job->ended)
		lines_stop(stream);
}

/* Handles the end of an attempt: the job ends, unless it is tried again. */
static void
conclude(const struct round *round, struct job *job)
{
	const struct outcome *outcome = &job->outcome;
	int64_t now_ms = clock_now_ms();

	job->delivery->spent_ms = 0; /* the next attempt has all of -t */
	if (retry_plan(round, job, now_ms))
		return;
	job->untold |= report_outcome(round->style, job->delivery, outcome,
			   now_ms - job->start_ms) != 0;
	if (job->status == SEND_OK)
		job->status = outcome->status;
	if (round->lines == NULL)
		job->ended = true;
	else
		go_on(round, job);
}

static void
collect(const struct round *round, struct job *job)
{
	if (attempt_collect(job))
		conclude(round, job);
}

/* Prepares a job for a new message. */
static void
begin(const struct round *round, struct job *job, int64_t now_ms)
{
	job->idle = job->uncertain = false;
	job->told = SEND_OK;
	job->pause_ms = FIRST_PAUSE_MS;
	job->start_ms = job->next_ms = now_ms;
	job->give_up_ms = now_ms + (int64_t)round->retry_s * 1000;
}

/* Takes the next message of a stream, if there is one. */
static void
take_next(const struct round *round, struct job *job, int64_t now_ms)
{
	size_t stream = (size_t)(job - round->jobs);
	enum lines_state state = lines_next(stream, job->delivery);

	if (state == LINES_MESSAGE)
		begin(round, job, now_ms);
	else if (state == LINES_END) {
		job->idle = false;
		job->ended = true;
	}
}

/* Starts what is due. Returns how many milliseconds to wait, or -1. */
static int
start_due(struct round *round)
{
	int64_t now_ms = clock_now_ms(), wait_ms = -1;

	for (size_t i = 0; i < round->count; i++) {
		struct job *job = &round->jobs[i];

		if (job->idle)
			take_next(round, job, now_ms);
		if (job->ended || job->idle)
			continue;
		if (job->fd == NO_FD && job->next_ms <= now_ms &&
		    !attempt_start(round, job))
			conclude(round, job);
		if (job->ended || job->idle)
			continue;
		if (job->fd != NO_FD)
			attempt_limit(job, now_ms, &wait_ms);
		else if (wait_ms == -1 || job->next_ms - now_ms < wait_ms)
			wait_ms = job->next_ms - now_ms;
	}
	return wait_ms > INT_MAX ? INT_MAX : (int)wait_ms;
}

/* Reports how an interruption leaves a recipient. */
static void
interrupt_one(const struct round *round, struct job *job)
{
	struct outcome *outcome = &job->outcome;
	bool going = job->fd != NO_FD;

	if (going) {
		attempt_end(job);
		job->uncertain |= job->uncertain_now;
	}
	if (going || outcome->status == SEND_OK) {
		outcome->id_taken = 0;
		(void)strlcpy(outcome->where, job->delivery->destination.to,
		    sizeof(outcome->where));
	}
	outcome->status = job->uncertain ? SEND_UNKNOWN : SEND_TEMPORARY;
	(void)strlcpy(outcome->reason,
	    job->uncertain ? INTERRUPTED_SENT : INTERRUPTED_UNSENT,
	    sizeof(outcome->reason));
	report_interrupted(round->style, job->delivery, outcome,
	    clock_now_ms() - job->start_ms);
}

/* A signal came: reports what is known, then ends chat-send by the signal. */
static void __attribute__((noreturn))
interrupt_all(struct round *round)
{
	/* Results that have arrived still count. */
	for (size_t i = 0; i < round->count; i++) {
		struct pollfd ready = {
		    .fd = round->jobs[i].fd, .events = POLLIN};

		if (ready.fd != NO_FD && poll(&ready, 1, 0) == 1)
			collect(round, &round->jobs[i]);
	}
	interrupt_release();
	for (size_t i = 0; i < round->count; i++)
		if (!round->jobs[i].ended && !round->jobs[i].idle)
			interrupt_one(round, &round->jobs[i]);
	for (size_t i = 0; round->lines != NULL && i < round->count; i++)
		if (!round->jobs[i].ended)
			lines_stop(i);
	if (round->lines != NULL)
		(void)lines_summary(round->jobs[0].delivery);
	interrupt_end();
}

/* Does one step of the loop. Returns false once all jobs have ended. */
static bool
step(struct round *round)
{
	struct pollfd ready[MOST_RECIPIENTS + 1];
	int wait_ms = start_due(round), input = NO_FD;
	struct timespec wait = {.tv_sec = wait_ms / 1000,
	    .tv_nsec = (long)(wait_ms % 1000) * 1000000};
	bool going = false;

	for (size_t i = 0; i < round->count; i++) {
		/* poll(2) ignores a negative descriptor. */
		ready[i] =
		    (struct pollfd){.fd = round->jobs[i].fd, .events = POLLIN};
		going |= !round->jobs[i].ended;
	}
	if (!going)
		return false;
	if (round->lines != NULL)
		input = lines_fd();
	ready[round->count] = (struct pollfd){.fd = input, .events = POLLIN};
	if (ppoll(ready, round->count + 1, wait_ms == -1 ? NULL : &wait,
		&round->mask) <= 0) {
		if (interrupt_noted() != 0)
			interrupt_all(round);
		return true;
	}
	for (size_t i = 0; i < round->count; i++)
		if (ready[i].revents != 0)
			collect(round, &round->jobs[i]);
	if (ready[round->count].revents != 0)
		lines_read();
	return true;
}

int
dispatch_refuse(
    const struct delivery *delivery, const struct report_style *style)
{
	static struct outcome outcome;

	outcome.status = delivery->destination.failure.status;
	outcome.where[0] = '\0';
	(void)strlcpy(outcome.reason, delivery->destination.failure.words,
	    sizeof(outcome.reason));
	return report_outcome(style, delivery, &outcome, 0);
}

/* Opens a job for each recipient. One that cannot be sent to ends at once. */
static void
open_jobs(struct round *round, struct delivery deliveries[])
{
	for (size_t i = 0; i < round->count; i++) {
		struct job *job = &round->jobs[i];

		job->delivery = &deliveries[i];
		job->fd = NO_FD;
		begin(round, job, clock_now_ms());
		job->idle = round->lines != NULL;
		if (deliveries[i].destination.failure.status == SEND_OK)
			continue;
		job->untold =
		    dispatch_refuse(&deliveries[i], round->style) != 0;
		job->status = deliveries[i].destination.failure.status;
		job->idle = false;
		job->ended = true;
		if (round->lines != NULL)
			lines_stop(i);
	}
}

/* Returns the status of all jobs, or SEND_MIXED if they differ. */
static enum send_exit
common_status(const struct round *round)
{
	enum send_exit status = round->jobs[0].status;

	for (size_t i = 0; i < round->count; i++)
		if (round->jobs[i].status != status)
			return SEND_MIXED;
	return status;
}

enum send_exit
dispatch_all(struct delivery deliveries[], size_t count, unsigned retry_s,
    const struct report_style *style, struct text *lines)
{
	static struct round round;
	enum send_exit changed = SEND_OK, status;
	bool untold = false;

	memset(&round, 0, sizeof(round));
	round.count = count;
	round.style = style;
	round.retry_s = retry_s;
	round.lines = lines;
	interrupt_hold(&round.mask);
	open_jobs(&round, deliveries);
	while (step(&round))
		;
	for (size_t i = 0; i < count; i++) {
		struct job *job = &round.jobs[i];

		untold |= job->untold;
		if (lines != NULL && job->status == SEND_OK && !job->untold &&
		    lines_left_out(i) > 0)
			job->status = SEND_TEMPORARY;
	}
	status = common_status(&round);
	if (lines != NULL)
		changed = lines_summary(deliveries);
	if (status != SEND_OK)
		return status;
	return untold ? SEND_IO : changed;
}
