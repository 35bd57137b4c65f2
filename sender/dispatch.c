/* Deliveries to several recipients at once, and again when they fail. */
#include "sender/dispatch.h"

#include <err.h>
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/base/clock.h"
#include "sender/deliver.h"
#include "sender/interrupt.h"
#include "sender/lines.h"

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
	bool uncertain;      /* an attempt ended without a valid receipt */
	bool idle;           /* its stream has no message yet */
	bool ended;
	bool untold;                  /* its line of -j could not be written */
	int64_t start_ms, give_up_ms; /* of this message */
	enum send_exit status;        /* of the first message that failed */
	uint8_t *text_left;           /* shared with the attempt going on */
	bool uncertain_now; /* the text of the last attempt may have left */
};

struct round {
	struct job jobs[MOST_RECIPIENTS];
	size_t count;
	unsigned retry_s;
	const struct report *how;
	struct text *lines; /* with streams: where their texts go through */
	sigset_t mask;      /* for waiting */
};

/*
 * A process that faces the network must not have the secrets of other
 * recipients, or read the outcomes of other attempts.
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

	interrupt_ignore();
	(void)sigprocmask(SIG_SETMASK, &round->mask, NULL);
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 || getppid() != parent)
		_exit(SEND_INTERNAL);
	keep_only(round, job);
	fd = deliver_once(job->delivery, fd, &outcome);
	_exit(write(fd, &outcome, sizeof(outcome)) == (ssize_t)sizeof(outcome)
		? SEND_OK
		: SEND_INTERNAL);
}

/* A byte that an attempt sets before its text may leave. */
static void
share_cell(struct job *job)
{
	void *cell = mmap(
	    NULL, 1, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (cell == MAP_FAILED)
		err(SEND_INTERNAL, "cannot get memory for an attempt");
	job->text_left = cell;
	job->delivery->text_left = cell;
}

static void
start(const struct round *round, struct job *job)
{
	pid_t parent = getpid();
	int ends[2];

	if (round->lines != NULL)
		lines_load((size_t)(job - round->jobs), round->lines);
	share_cell(job);
	if (pipe(ends) != 0)
		err(SEND_INTERNAL, "pipe");
	if ((job->pid = fork()) == -1)
		err(SEND_INTERNAL, "fork");
	if (job->pid == 0) {
		(void)close(ends[0]);
		attempt(round, job, parent, ends[1]);
	}
	(void)close(ends[1]);
	/* No attempt may speak for another. */
	if (madvise(job->text_left, 1, MADV_DONTFORK) != 0)
		err(SEND_INTERNAL, "cannot keep memory from other attempts");
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

/*
 * What ended one message of a stream: its recipient goes on with the next one
 * if only that message is to blame.
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
	if ((report_retryable(outcome->status) || is_doubtful(outcome) ||
		is_of_clock(outcome)) &&
	    now_ms < job->give_up_ms) {
		plan(round, job, now_ms);
		return;
	}
	if (job->uncertain && outcome->status != SEND_OK)
		make_uncertain(outcome);
	job->untold |= report_outcome(round->how, job->delivery, outcome,
			   now_ms - job->start_ms) != 0;
	if (job->status == SEND_OK)
		job->status = outcome->status;
	if (round->lines == NULL)
		job->ended = true;
	else
		go_on(round, job);
}

/* It may have been taken over: nobody waits for it while it lives. */
static void
end_attempt(struct job *job)
{
	(void)close(job->fd);
	job->fd = NO_FD;
	(void)kill(job->pid, SIGKILL);
	(void)waitpid(job->pid, NULL, 0);
	job->uncertain_now = *job->text_left != 0;
	(void)munmap(job->text_left, 1);
	job->text_left = NULL;
}

static void
collect(const struct round *round, struct job *job)
{
	ssize_t n = read(job->fd, &job->outcome, sizeof(job->outcome));

	if (n == -1 && errno == EINTR)
		return;
	end_attempt(job);
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

/* Kills an attempt whose time is over: its end of the pipe then closes. */
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

/* A new message, with all its time. */
static void
begin(const struct round *round, struct job *job, int64_t now_ms)
{
	job->idle = job->uncertain = false;
	job->told = SEND_OK;
	job->pause_ms = FIRST_PAUSE_MS;
	job->start_ms = job->next_ms = now_ms;
	job->give_up_ms = now_ms + (int64_t)round->retry_s * 1000;
}

/* The next message of a stream, if there is one. */
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

/* Starts what is due; returns how long to wait for the next, or -1. */
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
		if (job->fd == NO_FD && job->next_ms <= now_ms)
			start(round, job);
		if (job->fd != NO_FD)
			end_overdue(job, now_ms, &wait_ms);
		else if (wait_ms == -1 || job->next_ms - now_ms < wait_ms)
			wait_ms = job->next_ms - now_ms;
	}
	return wait_ms > INT_MAX ? INT_MAX : (int)wait_ms;
}

/* How an interruption leaves a recipient. */
static void
interrupt_one(const struct round *round, struct job *job)
{
	struct outcome *outcome = &job->outcome;
	bool going = job->fd != NO_FD;

	if (going) {
		end_attempt(job);
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
	report_interrupted(
	    round->how, job->delivery, outcome, clock_now_ms() - job->start_ms);
}

/* A signal came: what is known is said, and then it ends chat-send. */
static void __attribute__((noreturn))
interrupt_all(struct round *round)
{
	/* Answers that are there count. */
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

/* One turn of the loop. Returns false when all have ended. */
static bool
step(struct round *round)
{
	struct pollfd ready[MOST_RECIPIENTS + 1];
	int wait_ms = start_due(round), input = NO_FD;
	struct timespec wait = {.tv_sec = wait_ms / 1000,
	    .tv_nsec = (long)(wait_ms % 1000) * 1000000};
	bool going = false;

	for (size_t i = 0; i < round->count; i++) {
		/* poll(2) passes over a negative descriptor. */
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
dispatch_refuse(const struct delivery *delivery, const struct report *how)
{
	static struct outcome outcome;

	outcome.status = delivery->destination.fault;
	outcome.where[0] = '\0';
	(void)strlcpy(outcome.reason, delivery->destination.reason,
	    sizeof(outcome.reason));
	return report_outcome(how, delivery, &outcome, 0);
}

/* Each recipient has a job; whoever cannot be sent to has ended already. */
static void
open_jobs(struct round *round, struct delivery deliveries[])
{
	for (size_t i = 0; i < round->count; i++) {
		struct job *job = &round->jobs[i];

		job->delivery = &deliveries[i];
		job->fd = NO_FD;
		begin(round, job, clock_now_ms());
		job->idle = round->lines != NULL;
		if (deliveries[i].destination.fault == SEND_OK)
			continue;
		job->untold = dispatch_refuse(&deliveries[i], round->how) != 0;
		job->status = deliveries[i].destination.fault;
		job->idle = false;
		job->ended = true;
		if (round->lines != NULL)
			lines_stop(i);
	}
}

/* The status that all have in common. */
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
    const struct report *how, struct text *lines)
{
	static struct round round;
	enum send_exit changed = SEND_OK, status;
	bool untold = false;

	memset(&round, 0, sizeof(round));
	round.count = count;
	round.how = how;
	round.retry_s = retry_s;
	round.lines = lines;
	if (lines != NULL)
		lines_open(count);
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
