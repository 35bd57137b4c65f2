/* Deliveries to several recipients at once, and again when they fail. */
#include "sender/dispatch.h"

#include <err.h>
#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/base/clock.h"
#include "sender/deliver.h"

/* Pauses between attempts, in milliseconds, before jitter. */
#define FIRST_PAUSE_MS 200
#define LONGEST_PAUSE_MS 10000

/* What an attempt gets, after its own alarm, before it is killed. */
#define GRACE_MS 5000

#define NO_FD (-1)

struct job {
	struct delivery *delivery;
	struct outcome outcome; /* of the last attempt */
	pid_t pid;              /* of the attempt going on */
	int fd;                 /* where it will say how it ended, or NO_FD */
	int64_t overdue_ms;     /* when it should have said so, and is killed */
	int64_t next_ms;        /* when to try again */
	int pause_ms;
	enum send_exit told; /* the last answer that was doubted aloud */
	bool uncertain;      /* an attempt ended with nobody knowing */
	bool ended;
	bool untold; /* its line of -j could not be written */
};

struct round {
	struct job jobs[MOST_RECIPIENTS];
	size_t count;
	int64_t start_ms, give_up_ms;
	const struct report *how;
};

/*
 * Other people's secrets, and what other attempts say, are not for a process
 * that faces the network.
 */
static void
keep_only(const struct round *round, const struct job *mine)
{
	for (size_t i = 0; i < round->count; i++) {
		const struct job *job = &round->jobs[i];

		if (job == mine)
			continue;
		destination_wipe(&job->delivery->destination);
		if (job->fd != NO_FD)
			(void)close(job->fd);
	}
}

/* The attempt itself, in its own process. */
static void
attempt(const struct round *round, const struct job *job, pid_t parent, int fd)
{
	static struct outcome outcome = {.status = SEND_INTERNAL};

	if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 || getppid() != parent)
		_exit(SEND_INTERNAL);
	keep_only(round, job);
	fd = deliver_once(job->delivery, fd, &outcome);
	_exit(write(fd, &outcome, sizeof(outcome)) == (ssize_t)sizeof(outcome)
		? SEND_OK
		: SEND_INTERNAL);
}

static void
start(const struct round *round, struct job *job)
{
	pid_t parent = getpid();
	int ends[2];

	if (pipe(ends) != 0)
		err(SEND_INTERNAL, "pipe");
	if ((job->pid = fork()) == -1)
		err(SEND_INTERNAL, "fork");
	if (job->pid == 0) {
		(void)close(ends[0]);
		attempt(round, job, parent, ends[1]);
	}
	(void)close(ends[1]);
	job->fd = ends[0];
	job->overdue_ms = clock_now_ms() + GRACE_MS +
	    (int64_t)deliver_most_s(job->delivery->timeout_s) * 1000;
}

/* Half to one and a half of the pause, so that senders do not march in step. */
static int64_t
jittered(int pause_ms)
{
	return pause_ms / 2 + (int64_t)arc4random_uniform((uint32_t)pause_ms);
}

/* Once sent without a receipt, it may have been shown, whatever came then. */
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
 * Whether the attempt ended by an answer that anybody may have given who has
 * got the port, or the line. It ends an attempt, and not all of them.
 */
static bool
is_doubtful(const struct outcome *outcome)
{
	return outcome->proven != 1 &&
	    (outcome->status == SEND_DECLINED ||
		outcome->status == SEND_PROTOCOL ||
		outcome->status == SEND_AUTHENTICATION);
}

/* Says so, once for as long as the answer stays the same. */
static void
doubt(const struct round *round, struct job *job)
{
	char line[32] = "";

	if (job->told == job->outcome.status)
		return;
	job->told = job->outcome.status;
	if (round->how->line != 0)
		(void)snprintf(
		    line, sizeof(line), "line %lu: ", round->how->line);
	warnx("%s%s: %s; nothing proves this answer, so -r goes on trying",
	    line, job->outcome.where, job->outcome.reason);
}

/* When the next attempt starts. */
static void
plan(const struct round *round, struct job *job, int64_t now_ms)
{
	bool doubtful = is_doubtful(&job->outcome);

	if (doubtful)
		doubt(round, job);
	job->next_ms =
	    now_ms + jittered(doubtful ? LONGEST_PAUSE_MS : job->pause_ms);
	if (job->next_ms > round->give_up_ms)
		job->next_ms = round->give_up_ms;
	if (doubtful)
		return;
	job->pause_ms = 2 * job->pause_ms < LONGEST_PAUSE_MS ? 2 * job->pause_ms
							     : LONGEST_PAUSE_MS;
}

/*
 * The other side has shown another text under the id, and so will not show
 * ours under it. Another id is free to be drawn, unless the user wants this
 * one. What came of attempts before stays uncertain: the other side may have
 * shown ours, been started anew and forgotten it, and shown the other since.
 */
static void
give_up_id(struct job *job)
{
	struct delivery *delivery = job->delivery;

	if (!delivery->id_given && getentropy(delivery->drawn, SIZE_ID) != 0)
		err(SEND_INTERNAL, "cannot draw a message id");
}

/* The attempt is over: so is the job, unless it pays to try again. */
static void
conclude(const struct round *round, struct job *job)
{
	struct outcome *outcome = &job->outcome;
	int64_t now_ms = clock_now_ms();

	job->delivery->spent_ms = 0; /* another attempt has all its time */
	job->uncertain |= outcome->status == SEND_UNKNOWN;
	if (outcome->id_taken != 0)
		give_up_id(job);
	if ((report_retryable(outcome->status) || is_doubtful(outcome)) &&
	    now_ms < round->give_up_ms) {
		plan(round, job, now_ms);
		return;
	}
	if (job->uncertain && outcome->status != SEND_OK)
		make_uncertain(outcome);
	job->ended = true;
	job->untold = report_outcome(round->how, job->delivery, outcome,
			  now_ms - round->start_ms) != 0;
}

static void
collect(const struct round *round, struct job *job)
{
	ssize_t n = read(job->fd, &job->outcome, sizeof(job->outcome));

	if (n == -1 && errno == EINTR)
		return;
	(void)close(job->fd);
	job->fd = NO_FD;
	/* It has no more to say, and may have been taken over: not to be waited
	 * for while it lives. */
	(void)kill(job->pid, SIGKILL);
	(void)waitpid(job->pid, NULL, 0);
	if (n != (ssize_t)sizeof(job->outcome)) {
		/* It died on the way; the text may have left before. */
		job->outcome = (struct outcome){.status = SEND_UNKNOWN};
		(void)strlcpy(job->outcome.where, job->delivery->destination.to,
		    sizeof(job->outcome.where));
		(void)strlcpy(job->outcome.reason,
		    "chat-send's own process died on the way",
		    sizeof(job->outcome.reason));
	}
	/* It faced the network: its strings may have no end. */
	job->outcome.where[sizeof(job->outcome.where) - 1] = '\0';
	job->outcome.reason[sizeof(job->outcome.reason) - 1] = '\0';
	conclude(round, job);
}

/* Whoever says nothing although its time is over is ended: then it says so. */
static void
end_overdue(const struct job *job, int64_t now_ms, int64_t *wait_ms)
{
	int64_t left = job->overdue_ms - now_ms;

	if (left <= 0) {
		(void)kill(job->pid, SIGKILL);
		left = GRACE_MS;
	}
	if (*wait_ms == -1 || left < *wait_ms)
		*wait_ms = left;
}

/* Starts what is due; returns how long to wait for the next, or -1. */
static int
start_due(struct round *round)
{
	int64_t now_ms = clock_now_ms(), wait_ms = -1;

	for (size_t i = 0; i < round->count; i++) {
		struct job *job = &round->jobs[i];

		if (job->ended)
			continue;
		if (job->fd == NO_FD && job->next_ms <= now_ms)
			start(round, job);
		if (job->fd != NO_FD)
			end_overdue(job, now_ms, &wait_ms);
		else if (wait_ms == -1 || job->next_ms - now_ms < wait_ms)
			wait_ms = job->next_ms - now_ms;
	}
	return wait_ms > INT_MAX ? INT_MAX : (int)wait_ms;
}

/* One turn of the loop. Returns false when all have ended. */
static bool
step(struct round *round)
{
	struct pollfd ready[MOST_RECIPIENTS];
	int wait_ms = start_due(round);
	bool going = false;

	for (size_t i = 0; i < round->count; i++) {
		/* poll(2) passes over a negative descriptor. */
		ready[i] =
		    (struct pollfd){.fd = round->jobs[i].fd, .events = POLLIN};
		going |= !round->jobs[i].ended;
	}
	if (!going)
		return false;
	if (poll(ready, round->count, wait_ms) <= 0)
		return true;
	for (size_t i = 0; i < round->count; i++)
		if (ready[i].revents != 0)
			collect(round, &round->jobs[i]);
	return true;
}

enum send_exit
dispatch_all(struct delivery deliveries[], size_t count, unsigned retry_s,
    const struct report *how, bool *for_good)
{
	static struct round round;
	enum send_exit status;
	bool untold = false;

	memset(&round, 0, sizeof(round));
	round.count = count;
	round.how = how;
	round.start_ms = clock_now_ms();
	round.give_up_ms = round.start_ms + (int64_t)retry_s * 1000;
	for (size_t i = 0; i < count; i++) {
		round.jobs[i].delivery = &deliveries[i];
		round.jobs[i].fd = NO_FD;
		round.jobs[i].pause_ms = FIRST_PAUSE_MS;
	}
	while (step(&round))
		;
	status = round.jobs[0].outcome.status;
	*for_good = false;
	for (size_t i = 0; i < count; i++) {
		if (round.jobs[i].outcome.status !=
		    round.jobs[0].outcome.status)
			status = SEND_MIXED;
		*for_good |= round.jobs[i].outcome.status != SEND_OK;
		untold |= round.jobs[i].untold;
	}
	*for_good |= untold;
	return untold && status == SEND_OK ? SEND_IO : status;
}
