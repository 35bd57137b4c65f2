/* When a message is tried again, and what is said meanwhile. */
#include "sender/retry.h"

#include <err.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "sender/lines.h"

/* Half to one and a half of the pause, so that senders do not march in step. */
static int64_t
jittered(int pause_ms)
{
	return pause_ms / 2 + (int64_t)arc4random_uniform((uint32_t)pause_ms);
}

/* A message sent without a receipt may have been shown, whatever came later. */
static void
make_uncertain(struct outcome *outcome)
{
	char last[sizeof(outcome->reason)];

	if (outcome->status == SEND_UNKNOWN)
		return;
	outcome->status = SEND_UNKNOWN;
	(void)strlcpy(last, outcome->reason, sizeof(last));
	(void)snprintf(outcome->reason, sizeof(outcome->reason),
	    "sent without a valid receipt, and then: %.100s", last);
}

/*
 * Whether the attempt ended by an answer that anyone could have given who holds
 * the port, or the line. Such an answer ends one attempt, and not all of them.
 */
static bool
is_doubtful(const struct outcome *outcome)
{
	return outcome->proven != 1 &&
	    (outcome->status == SEND_DECLINED ||
		outcome->status == SEND_PROTOCOL ||
		outcome->status == SEND_AUTHENTICATION);
}

/* With -l, which line it is about. */
static void
spell_line(const struct delivery *delivery, char line[32])
{
	if (delivery->line != 0)
		(void)snprintf(line, 32, "line %lu: ", delivery->line);
}

/* Machines boot without a clock, and get the time later. */
static bool
is_of_clock(const struct outcome *outcome)
{
	return outcome->of_clock == 1 && outcome->status == SEND_DECLINED;
}

/* Reports such an answer, once for as long as it stays the same. */
static void
doubt(struct job *job)
{
	char line[32] = "";

	if (job->told == job->outcome.status)
		return;
	job->told = job->outcome.status;
	spell_line(job->delivery, line);
	warnx("%s%s: %s; %s", line, job->outcome.where, job->outcome.reason,
	    is_doubtful(&job->outcome)
		? "nothing proves this answer, so -r goes on trying"
		: "-r goes on trying");
}

/* Somebody who waits hears of each attempt. */
static void
tell_pause(const struct round *round, struct job *job, int64_t now_ms)
{
	int64_t pause_ms = job->next_ms - now_ms;
	char line[32] = "";

	if (!round->how->waits)
		return;
	spell_line(job->delivery, line);
	warnx("%s%s: %s; next attempt in %" PRId64 ".%" PRId64 " s", line,
	    job->outcome.where, job->outcome.reason, pause_ms / 1000,
	    pause_ms / 100 % 10);
}

/* When the next attempt starts. */
static void
plan(const struct round *round, struct job *job, int64_t now_ms)
{
	bool slowly = is_doubtful(&job->outcome) || is_of_clock(&job->outcome);

	job->next_ms =
	    now_ms + jittered(slowly ? LONGEST_PAUSE_MS : job->pause_ms);
	if (job->next_ms > job->give_up_ms)
		job->next_ms = job->give_up_ms;
	if (round->lines != NULL)
		lines_failing((size_t)(job - round->jobs), true);
	if (slowly)
		doubt(job);
	tell_pause(round, job, now_ms);
	if (slowly)
		return;
	job->pause_ms = 2 * job->pause_ms < LONGEST_PAUSE_MS ? 2 * job->pause_ms
							     : LONGEST_PAUSE_MS;
}

/*
 * The other side has shown another text under the id, and so will not show
 * ours under it. Another id is free to be drawn, unless the user wants this
 * one. What came of attempts before stays uncertain: the other side may have
 * shown ours, restarted and forgotten it, and shown the other since.
 */
static void
give_up_id(struct job *job)
{
	struct delivery *delivery = job->delivery;

	if (!delivery->id_given && getentropy(delivery->drawn, SIZE_ID) != 0)
		err(SEND_INTERNAL, "cannot draw a message id");
}

bool
retry_plan(const struct round *round, struct job *job, int64_t now_ms)
{
	struct outcome *outcome = &job->outcome;

	job->uncertain |= outcome->status == SEND_UNKNOWN;
	if (outcome->id_taken != 0)
		give_up_id(job);
	if ((report_retryable(outcome->status) || is_doubtful(outcome) ||
		is_of_clock(outcome)) &&
	    now_ms < job->give_up_ms) {
		plan(round, job, now_ms);
		return true;
	}
	if (job->uncertain && outcome->status != SEND_OK)
		make_uncertain(outcome);
	return false;
}
