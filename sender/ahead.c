/* Attempts ahead of their time. */
#include "sender/ahead.h"

#include <err.h>
#include <poll.h>
#include <string.h>

#include "common/base/clock.h"
#include "common/base/limits.h"
#include "sender/attempt.h"
#include "sender/lines.h"

#define MOST_NEW 2 /* with each message, so that their number grows slowly */

void
ahead_open(struct job *job)
{
	for (size_t i = 0; i < MOST_AHEAD; i++)
		job->ahead.attempts[i].fd = NO_FD;
}

void
ahead_begin(struct job *job)
{
	job->ahead.budget = MOST_NEW;
	job->ahead.excused = false;
}

/* Returns the attempt for this message, or NULL. */
static struct attempt *
find(struct job *job, const uint8_t drawn[SIZE_ID])
{
	for (size_t i = 0; i < MOST_AHEAD; i++) {
		struct attempt *attempt = &job->ahead.attempts[i];

		if (attempt->fd != NO_FD &&
		    memcmp(attempt->drawn, drawn, SIZE_ID) == 0)
			return attempt;
	}
	return NULL;
}

/* There is a place for each line that lines_peek() may find. */
static struct attempt *
free_place(struct job *job)
{
	struct attempt *place = job->ahead.attempts;

	while (place->fd != NO_FD)
		place++;
	return place;
}

static bool
has_ended(const struct attempt *attempt)
{
	struct pollfd outcome = {.fd = attempt->fd, .events = POLLIN};

	return poll(&outcome, 1, 0) == 1;
}

/*
 * Later, the listener's time for composing could pass while the text leaves.
 */
static bool
is_too_old(const struct attempt *attempt)
{
	return attempt_boottime_ms() - attempt->born_ms >=
	    DEADLINE_MS(LIMIT_AHEAD_S);
}

/* Whether an attempt is for one of the next lines. */
static bool
is_of_next(const struct attempt *attempt,
    const struct delivery next[MOST_AHEAD], size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (memcmp(attempt->drawn, next[i].drawn, SIZE_ID) == 0)
			return true;
	return false;
}

/*
 * Ends what is of no use. After one that has failed already, there are no more
 * for a while; its outcome is that of its message.
 */
static void
tidy(struct job *job, const struct delivery next[MOST_AHEAD], size_t count)
{
	for (size_t i = 0; i < MOST_AHEAD; i++) {
		struct attempt *attempt = &job->ahead.attempts[i];

		if (attempt->fd == NO_FD)
			continue;
		if (is_too_old(attempt) || !is_of_next(attempt, next, count))
			(void)attempt_kill(attempt);
		else if (has_ended(attempt))
			job->ahead.next_ms = clock_now_ms() + LONGEST_PAUSE_MS;
	}
}

static bool
may_start(const struct ahead *ahead)
{
	return ahead->budget > 0 && clock_now_ms() >= ahead->next_ms;
}

void
ahead_fill(const struct dispatch *dispatch, struct job *job)
{
	size_t stream = (size_t)(job - dispatch->jobs), count = 0;
	struct delivery next[MOST_AHEAD];
	struct ahead *ahead = &job->ahead;

	for (; count < MOST_AHEAD; count++) {
		next[count] = *job->delivery;
		next[count].ahead = true;
		next[count].waits = false;
		if (!lines_peek(stream, count, &next[count]))
			break;
	}
	tidy(job, next, count);
	for (size_t i = 0; i < count && i < ahead->wanted && may_start(ahead);
	    i++) {
		if (find(job, next[i].drawn) != NULL)
			continue;
		ahead->budget--;
		lines_load_next(stream, i, dispatch->lines);
		if (attempt_fork(dispatch, stream, &next[i], free_place(job)) !=
		    0)
			ahead->next_ms = clock_now_ms() + LONGEST_PAUSE_MS;
	}
}

bool
ahead_take(struct job *job)
{
	struct attempt *found = find(job, job->delivery->drawn);

	job->ahead.taken = found != NULL && !is_too_old(found);
	if (!job->ahead.taken) {
		if (found != NULL)
			(void)attempt_kill(found);
		return false;
	}
	attempt_release(found);
	job->attempt = *found;
	found->fd = NO_FD;
	return true;
}

/* Learns how many are worth it: so many texts pass while one proves itself. */
static void
learn(struct job *job)
{
	const struct outcome *outcome = &job->outcome;
	unsigned text_ms = outcome->text_ms > 0 ? outcome->text_ms : 1;
	unsigned wanted = (outcome->prove_ms + text_ms / 2) / text_ms;

	job->ahead.wanted = wanted < MOST_AHEAD ? wanted : MOST_AHEAD;
}

bool
ahead_forgive(struct job *job)
{
	const struct outcome *outcome = &job->outcome;
	bool crowded = outcome->crowded == 1 && lines_are_each();

	if (outcome->status == SEND_OK)
		learn(job);
	if (outcome->status != SEND_TEMPORARY || job->uncertain_now ||
	    job->ahead.excused || (!crowded && !job->ahead.taken))
		return false;
	if (job->delivery->verbose)
		warnx("%s: %s; it is tried again", outcome->where,
		    outcome->reason);
	(void)ahead_end(job);
	job->ahead.excused = true;
	job->ahead.next_ms = clock_now_ms() + LONGEST_PAUSE_MS;
	job->next_ms = clock_now_ms() + (crowded ? FIRST_PAUSE_MS : 0);
	return true;
}

bool
ahead_end(struct job *job)
{
	bool any = false;

	for (size_t i = 0; i < MOST_AHEAD; i++)
		if (job->ahead.attempts[i].fd != NO_FD) {
			(void)attempt_kill(&job->ahead.attempts[i]);
			any = true;
		}
	return any;
}
