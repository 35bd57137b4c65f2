/* Sends to several recipients at once, and retries. */
#include "sender/dispatch.h"

#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <string.h>

#include "common/base/clock.h"
#include "sender/ahead.h"
#include "sender/attempt.h"
#include "sender/interrupt.h"
#include "sender/job.h"
#include "sender/keep/keep.h"
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
	    outcome->status == SEND_KEPT || outcome->id_taken != 0;
}

/* Returns which recipient, and which stream, a job is for. */
static size_t
index_of(const struct dispatch *dispatch, const struct job *job)
{
	return (size_t)(job - dispatch->jobs);
}

static void
go_on(const struct dispatch *dispatch, struct job *job)
{
	size_t stream = index_of(dispatch, job);

	lines_failing(stream, false);
	job->ended = !is_of_message(&job->outcome) || job->unreported;
	job->idle = true;
	if (job->ended) {
		(void)ahead_end(job);
		lines_stop(stream);
	}
}

/*
 * A report may block. While we are ending, another signal ends that, and there
 * are no more reports. Returns whether to report.
 */
static bool
open_report(const struct dispatch *dispatch)
{
	if (dispatch->ending && interrupt_again())
		return false;
	if (dispatch->ending)
		interrupt_allow(&dispatch->mask);
	return true;
}

static void
close_report(const struct dispatch *dispatch)
{
	sigset_t before;

	if (dispatch->ending)
		interrupt_delay(&before);
}

/*
 * Ends a message: reports it, and ends the job if nothing follows. While we
 * are ending, lines are kept even if that cannot be reported.
 */
static void
end_message(const struct dispatch *dispatch, struct job *job)
{
	if (open_report(dispatch)) {
		if (report_outcome(dispatch->style, job->delivery,
			&job->outcome, clock_now_ms() - job->start_ms) != 0)
			job->unreported |= !dispatch->ending;
		close_report(dispatch);
	}
	if (job->status == SEND_OK)
		job->status = job->outcome.status;
	if (dispatch->lines == NULL)
		job->ended = true;
	else
		go_on(dispatch, job);
}

/* Handles the end of an attempt: the message ends, unless it is tried again. */
static void
conclude(const struct dispatch *dispatch, struct job *job)
{
	job->delivery->spent_ms = 0; /* the next attempt has all of -t */
	if (job->outcome.status != SEND_OK)
		(void)ahead_end(job);
	if (retry_plan(dispatch, job, clock_now_ms()))
		return;
	keep_after(index_of(dispatch, job), job->delivery, &job->outcome);
	end_message(dispatch, job);
}

static void
collect(const struct dispatch *dispatch, struct job *job)
{
	if (attempt_collect(job) && !ahead_forgive(job))
		conclude(dispatch, job);
}

/* Prepares a job for a new message. */
static void
begin(const struct dispatch *dispatch, struct job *job, int64_t now_ms)
{
	ahead_begin(job);
	job->idle = job->uncertain = false;
	job->told = SEND_OK;
	job->pause_ms = FIRST_PAUSE_MS;
	job->start_ms = job->next_ms = now_ms;
	job->give_up_ms = now_ms + (int64_t)dispatch->retry_s * 1000;
}

/* Begins a message. With -s, it is kept before its first attempt. */
static void
take_message(const struct dispatch *dispatch, struct job *job, int64_t now_ms)
{
	size_t recipient = index_of(dispatch, job);

	begin(dispatch, job, now_ms);
	if (dispatch->lines != NULL)
		lines_load(recipient, dispatch->lines);
	if (!keep_before(recipient, job->delivery, &job->outcome))
		end_message(dispatch, job);
}

/* Takes the next message of a stream, if there is one. */
static void
take_next(const struct dispatch *dispatch, struct job *job, int64_t now_ms)
{
	enum lines_state state =
	    lines_next(index_of(dispatch, job), job->delivery);

	if (state == LINES_MESSAGE)
		take_message(dispatch, job, now_ms);
	else if (state == LINES_END) {
		job->idle = false;
		job->ended = true;
	}
}

/* Ends what is ahead, of all recipients. Returns whether there was any. */
static bool
end_all_ahead(struct dispatch *dispatch)
{
	bool any = false;

	for (size_t i = 0; i < dispatch->count; i++)
		any |= ahead_end(&dispatch->jobs[i]);
	return any;
}

/* Starts an attempt. Returns false with job->outcome set if there is none. */
static bool
start(struct dispatch *dispatch, struct job *job)
{
	const struct failure *failure = &job->delivery->destination.failure;

	if (failure->status != SEND_OK) {
		job->outcome = (struct outcome){.status = failure->status};
		(void)strlcpy(job->outcome.where, job->delivery->destination.to,
		    sizeof(job->outcome.where));
		(void)strlcpy(job->outcome.reason, failure->words,
		    sizeof(job->outcome.reason));
		return false;
	}
	if (!keep_again(index_of(dispatch, job), job->delivery, &job->outcome))
		return false;
	return ahead_take(job) || attempt_start(dispatch, job) ||
	    (end_all_ahead(dispatch) && attempt_start(dispatch, job));
}

/*
 * Starts what is due for a recipient. Lowers *wait_ms to the milliseconds until
 * there is something to do.
 */
static void
start_job(struct dispatch *dispatch, struct job *job, int64_t now_ms,
    int64_t *wait_ms)
{
	bool was_idle = job->idle;

	if (job->idle)
		take_next(dispatch, job, now_ms);
	if (!job->ended && !job->idle && job->attempt.fd == NO_FD &&
	    job->next_ms <= now_ms && !start(dispatch, job))
		conclude(dispatch, job);
	if (job->ended)
		return;
	if (job->idle) {
		/* A message that has ended already makes place for the next. */
		if (!was_idle || job->start_ms == now_ms)
			*wait_ms = 0;
	} else if (job->attempt.fd != NO_FD) {
		if (lines_are_each() && !keep_is_wanted())
			ahead_fill(dispatch, job);
		attempt_limit(job, now_ms, wait_ms);
	} else if (*wait_ms == -1 || job->next_ms - now_ms < *wait_ms)
		*wait_ms = job->next_ms - now_ms;
}

/* Starts what is due. Returns how many milliseconds to wait, or -1. */
static int
start_due(struct dispatch *dispatch)
{
	int64_t now_ms = clock_now_ms(), wait_ms = -1;

	for (size_t i = 0; i < dispatch->count; i++)
		start_job(dispatch, &dispatch->jobs[i], now_ms, &wait_ms);
	return wait_ms > INT_MAX ? INT_MAX : (int)wait_ms;
}

/* Reports how an interruption leaves a recipient. */
static void
interrupt_one(const struct dispatch *dispatch, struct job *job)
{
	struct outcome *outcome = &job->outcome;
	bool going = job->attempt.fd != NO_FD;

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
	keep_after(index_of(dispatch, job), job->delivery, outcome);
	if (!open_report(dispatch))
		return;
	report_interrupted(dispatch->style, job->delivery, outcome,
	    clock_now_ms() - job->start_ms);
	close_report(dispatch);
}

/* Keeps the lines that wait for a recipient. Returns whether there are any. */
static bool
keep_stream(const struct dispatch *dispatch, struct job *job)
{
	bool any = false;

	while (lines_next(index_of(dispatch, job), job->delivery) ==
	    LINES_MESSAGE) {
		any = true;
		take_message(dispatch, job, clock_now_ms());
		if (!job->idle)
			interrupt_one(dispatch, job);
	}
	return any;
}

/* With -s, the lines that wait are kept; they make room for others. */
static void
interrupt_streams(struct dispatch *dispatch)
{
	bool any = keep_is_wanted();

	while (any) {
		any = false;
		for (size_t i = 0; i < dispatch->count; i++)
			if (!dispatch->jobs[i].ended)
				any |=
				    keep_stream(dispatch, &dispatch->jobs[i]);
	}
	for (size_t i = 0; i < dispatch->count; i++)
		if (!dispatch->jobs[i].ended)
			lines_stop(i);
}

/* A signal came: reports what is known, then ends chat-send by the signal. */
static void __attribute__((noreturn))
interrupt_all(struct dispatch *dispatch)
{
	(void)end_all_ahead(dispatch);
	/* Results that have arrived still count. */
	for (size_t i = 0; i < dispatch->count; i++) {
		struct pollfd ready = {
		    .fd = dispatch->jobs[i].attempt.fd, .events = POLLIN};

		if (ready.fd != NO_FD && poll(&ready, 1, 0) == 1)
			collect(dispatch, &dispatch->jobs[i]);
	}
	dispatch->ending = keep_is_wanted();
	if (!dispatch->ending)
		interrupt_release();
	for (size_t i = 0; i < dispatch->count; i++)
		if (!dispatch->jobs[i].ended && !dispatch->jobs[i].idle)
			interrupt_one(dispatch, &dispatch->jobs[i]);
	if (dispatch->lines != NULL)
		interrupt_streams(dispatch);
	interrupt_release();
	if (dispatch->lines != NULL)
		(void)lines_summary(dispatch->jobs[0].delivery);
	interrupt_end();
}

/* Does one step of the loop. Returns false once all jobs have ended. */
static bool
step(struct dispatch *dispatch)
{
	struct pollfd ready[MOST_RECIPIENTS + 1];
	int wait_ms = start_due(dispatch), input = NO_FD;
	struct timespec wait = {.tv_sec = wait_ms / 1000,
	    .tv_nsec = (long)(wait_ms % 1000) * 1000000};
	bool going = false;
	int n;

	for (size_t i = 0; i < dispatch->count; i++) {
		/* poll(2) ignores a negative descriptor. */
		ready[i] = (struct pollfd){
		    .fd = dispatch->jobs[i].attempt.fd, .events = POLLIN};
		going |= !dispatch->jobs[i].ended;
	}
	if (!going)
		return false;
	if (dispatch->lines != NULL)
		input = lines_fd();
	ready[dispatch->count] = (struct pollfd){.fd = input, .events = POLLIN};
	n = ppoll(ready, dispatch->count + 1, wait_ms == -1 ? NULL : &wait,
	    &dispatch->mask);
	if (interrupt_noted(&dispatch->mask) != 0)
		interrupt_all(dispatch);
	if (n <= 0)
		return true;
	for (size_t i = 0; i < dispatch->count; i++)
		if (ready[i].revents != 0)
			collect(dispatch, &dispatch->jobs[i]);
	if (ready[dispatch->count].revents != 0)
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

/* Ends a job that cannot be sent to. */
static void
refuse(const struct dispatch *dispatch, struct job *job)
{
	job->unreported = dispatch_refuse(job->delivery, dispatch->style) != 0;
	job->status = job->delivery->destination.failure.status;
	job->ended = true;
	if (dispatch->lines != NULL)
		lines_stop(index_of(dispatch, job));
}

/* Opens a job for each recipient. One that cannot be sent to ends at once. */
static void
open_jobs(struct dispatch *dispatch, struct delivery deliveries[])
{
	for (size_t i = 0; i < dispatch->count; i++) {
		struct job *job = &dispatch->jobs[i];
		enum send_exit status =
		    deliveries[i].destination.failure.status;

		job->delivery = &deliveries[i];
		job->attempt.fd = NO_FD;
		ahead_open(job);
		if (status != SEND_OK &&
		    !(keep_is_wanted() && keep_takes(status)))
			refuse(dispatch, job);
		else if (dispatch->lines != NULL)
			job->idle = true;
		else
			take_message(dispatch, job, clock_now_ms());
	}
}

/* Returns the status of all jobs, or SEND_MIXED if they differ. */
static enum send_exit
common_status(const struct dispatch *dispatch)
{
	enum send_exit status = dispatch->jobs[0].status;

	for (size_t i = 0; i < dispatch->count; i++)
		if (dispatch->jobs[i].status != status)
			return SEND_MIXED;
	return status;
}

enum send_exit
dispatch_all(struct delivery deliveries[], size_t count, unsigned retry_s,
    const struct report_style *style, struct text *lines)
{
	static struct dispatch dispatch;
	enum send_exit changed = SEND_OK, status;
	bool unreported = false;

	memset(&dispatch, 0, sizeof(dispatch));
	dispatch.count = count;
	dispatch.style = style;
	dispatch.retry_s = retry_s;
	dispatch.lines = lines;
	interrupt_hold(&dispatch.mask);
	open_jobs(&dispatch, deliveries);
	while (step(&dispatch))
		;
	for (size_t i = 0; i < count; i++) {
		struct job *job = &dispatch.jobs[i];

		unreported |= job->unreported;
		if (lines != NULL && job->status == SEND_OK &&
		    !job->unreported && lines_left_out(i) > 0)
			job->status = SEND_TEMPORARY;
	}
	status = common_status(&dispatch);
	if (lines != NULL)
		changed = lines_summary(deliveries);
	if (status != SEND_OK)
		return status;
	return unreported ? SEND_IO : changed;
}
