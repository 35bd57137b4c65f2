/* Attempts ahead of their time. */
#include "sender/ahead.h"

#include <poll.h>
#include <string.h>

#include "common/base/clock.h"
#include "sender/attempt.h"
#include "sender/lines.h"

/*
 * How old one may be when its text leaves. It must be less than what a listener
 * gives for composing: if that had passed, the text could seem to have left.
 */
#define OLDEST_MS DEADLINE_MS(LIMIT_COMPOSE_S * 2 / 3)

void
ahead_open(struct job *job)
{
	for (size_t i = 0; i < MOST_AHEAD; i++)
		job->ahead[i].fd = NO_FD;
}

/* Whether an attempt can still be used. */
static bool
is_good(const struct attempt *attempt, int64_t now_ms)
{
	struct pollfd ended = {.fd = attempt->fd, .events = POLLIN};

	return now_ms - attempt->start_ms < OLDEST_MS &&
	    poll(&ended, 1, 0) == 0;
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
 * Ends what is of no use. One that has ended by itself found no place at the
 * listener, so for a while there are no more.
 */
static void
tidy(struct job *job, const struct delivery next[MOST_AHEAD], size_t count,
    int64_t now_ms)
{
	for (size_t i = 0; i < MOST_AHEAD; i++) {
		struct attempt *attempt = &job->ahead[i];
		bool good;

		if (attempt->fd == NO_FD)
			continue;
		good = is_good(attempt, now_ms);
		if (!good)
			job->ahead_ms = now_ms + LONGEST_PAUSE_MS;
		if (!good || !is_of_next(attempt, next, count))
			(void)attempt_kill(attempt);
	}
}

/* Returns the attempt for this message, or a free place for it. */
static struct attempt *
place_for(struct job *job, const uint8_t drawn[SIZE_ID])
{
	struct attempt *place = NULL;

	for (size_t i = 0; i < MOST_AHEAD; i++) {
		struct attempt *attempt = &job->ahead[i];

		if (attempt->fd == NO_FD)
			place = attempt;
		else if (memcmp(attempt->drawn, drawn, SIZE_ID) == 0)
			return attempt;
	}
	return place;
}

void
ahead_fill(const struct dispatch *dispatch, struct job *job)
{
	size_t stream = (size_t)(job - dispatch->jobs), count = 0;
	struct delivery next[MOST_AHEAD];
	int64_t now_ms = clock_now_ms();

	while (count < MOST_AHEAD) {
		next[count] = *job->delivery;
		next[count].ahead = true;
		next[count].verbose = next[count].waits = false;
		if (!lines_peek(stream, count, &next[count]))
			break;
		count++;
	}
	tidy(job, next, count, now_ms);
	for (size_t i = 0; i < count && now_ms >= job->ahead_ms; i++) {
		struct attempt *place = place_for(job, next[i].drawn);

		if (place == NULL || place->fd != NO_FD)
			continue;
		lines_load_next(stream, i, dispatch->lines);
		if (attempt_fork(dispatch, job, &next[i], place) != 0)
			job->ahead_ms = now_ms + LONGEST_PAUSE_MS;
	}
}

bool
ahead_take(struct job *job)
{
	struct attempt *found = place_for(job, job->delivery->drawn);

	if (found == NULL || found->fd == NO_FD ||
	    memcmp(found->drawn, job->delivery->drawn, SIZE_ID) != 0)
		return false;
	if (!is_good(found, clock_now_ms()) || attempt_release(found) != 0) {
		(void)attempt_kill(found);
		return false;
	}
	job->attempt = *found;
	found->fd = NO_FD;
	return true;
}

/* Ends all. Returns whether there were any. */
static bool
end_all(struct job *job)
{
	bool any = false;

	for (size_t i = 0; i < MOST_AHEAD; i++)
		if (job->ahead[i].fd != NO_FD) {
			(void)attempt_kill(&job->ahead[i]);
			any = true;
		}
	return any;
}

bool
ahead_excuses(struct job *job)
{
	int64_t now_ms = clock_now_ms();

	if (job->outcome.status == SEND_OK || job->uncertain_now ||
	    (!end_all(job) && !job->foreseen))
		return false;
	job->ahead_ms = now_ms + LONGEST_PAUSE_MS;
	job->next_ms = now_ms + FIRST_PAUSE_MS;
	return true;
}

void
ahead_end(struct job *job)
{
	(void)end_all(job);
}
