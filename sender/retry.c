/* Decides when a message is tried again, and reports it. */
#include "sender/retry.h"

#include <err.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/base/limits.h"
#include "sender/lines.h"

/*
 * Returns 50 to 150 % of the pause, so that senders do not retry at the same
 * time.
 */
static int64_t
jittered(int pause_ms)
{
	return pause_ms / 2 + (int64_t)arc4random_uniform((uint32_t)pause_ms);
}

/*
 * Whether anyone on the network, or at that port, could have given this answer.
 * Such an answer ends the attempt, but not the retries.
 */
static bool
is_doubtful(const struct outcome *outcome)
{
	return outcome->proven != 1 &&
	    (outcome->status == SEND_DECLINED ||
		outcome->status == SEND_PROTOCOL ||
		outcome->status == SEND_AUTHENTICATION);
}

/* A machine may boot with a wrong clock and set it later. */
static bool
is_of_clock(const struct outcome *outcome)
{
	return outcome->of_clock == 1 && outcome->status == SEND_DECLINED;
}

/* Reports such an answer, unless the previous one was the same. */
static void
doubt(struct job *job)
{
	char lines[SIZE_LINES];

	if (job->told == job->outcome.status)
		return;
	job->told = job->outcome.status;
	report_spell_lines(job->delivery, lines);
	warnx("%s%s: %s%s %s", lines, job->outcome.where, job->outcome.reason,
	    report_joint(job->outcome.reason),
	    is_doubtful(&job->outcome)
		? "nothing proves this answer, so -r goes on trying"
		: "-r goes on trying");
}

/* Reports each attempt to somebody who watches. */
static void
tell_pause(const struct dispatch *dispatch, struct job *job, int64_t now_ms)
{
	int64_t pause_ms = job->next_ms - now_ms;
	char lines[SIZE_LINES];

	if (!dispatch->style->waits)
		return;
	report_spell_lines(job->delivery, lines);
	warnx("%s%s: %s%s next attempt in %" PRId64 ".%" PRId64 " s", lines,
	    job->outcome.where, job->outcome.reason,
	    report_joint(job->outcome.reason), pause_ms / 1000,
	    pause_ms / 100 % 10);
}

/* Sets when the next attempt starts. */
static void
plan(const struct dispatch *dispatch, struct job *job, int64_t now_ms)
{
	bool slowly = is_doubtful(&job->outcome) || is_of_clock(&job->outcome);

	job->next_ms =
	    now_ms + jittered(slowly ? LONGEST_PAUSE_MS : job->pause_ms);
	if (job->next_ms > job->give_up_ms)
		job->next_ms = job->give_up_ms;
	if (dispatch->lines != NULL)
		lines_failing((size_t)(job - dispatch->jobs), true);
	if (slowly)
		doubt(job);
	tell_pause(dispatch, job, now_ms);
	if (slowly)
		return;
	job->pause_ms = 2 * job->pause_ms < LONGEST_PAUSE_MS ? 2 * job->pause_ms
							     : LONGEST_PAUSE_MS;
}

/*
 * The other side has shown another text with this id, so it will not show ours.
 * Draws another id, unless the user chose this one. Earlier attempts stay
 * uncertain: the other side may have shown our text, restarted, and then shown
 * the other one.
 */
static void
give_up_id(struct job *job)
{
	struct delivery *delivery = job->delivery;

	if (!delivery->id_given)
		arc4random_buf(delivery->drawn, SIZE_ID);
}

bool
retry_plan(const struct dispatch *dispatch, struct job *job, int64_t now_ms)
{
	struct outcome *outcome = &job->outcome;

	job->uncertain |= outcome->status == SEND_UNKNOWN;
	if (outcome->id_taken != 0)
		give_up_id(job);
	if ((report_retryable(outcome->status) || is_doubtful(outcome) ||
		is_of_clock(outcome)) &&
	    now_ms < job->give_up_ms) {
		plan(dispatch, job, now_ms);
		return true;
	}
	if (job->uncertain && outcome->status != SEND_OK)
		report_uncertain(&outcome->status, outcome->reason);
	return false;
}
