/* One attempt at a delivery, in a process of its own. */
#include "sender/attempt.h"

#include <err.h>
#include <errno.h>
#include <signal.h>
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

/* How long after its own alarm an attempt is killed. */
#define GRACE_MS 5000

/*
 * A process that talks to the network must not have the passwords of other
 * recipients, and must not read the outcomes of other attempts.
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

/* Runs in the attempt's process. */
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

/* Shares a byte with the attempt, which sets it before its text may leave. */
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

void
attempt_start(const struct round *round, struct job *job)
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
	/* An attempt must not be able to write the byte of another. */
	if (madvise(job->text_left, 1, MADV_DONTFORK) != 0)
		err(SEND_INTERNAL, "cannot keep memory from other attempts");
	job->fd = ends[0];
	job->overdue_ms = clock_now_ms() + GRACE_MS +
	    (int64_t)deliver_most_s(job->delivery->timeout_s) * 1000;
}

void
attempt_limit(const struct job *job, int64_t now_ms, int64_t *wait_ms)
{
	int64_t left = job->overdue_ms - now_ms;

	if (left <= 0) {
		(void)kill(job->pid, SIGKILL);
		left = GRACE_MS;
	}
	if (*wait_ms == -1 || left < *wait_ms)
		*wait_ms = left;
}

bool
attempt_collect(struct job *job)
{
	ssize_t n = read(job->fd, &job->outcome, sizeof(job->outcome));

	if (n == -1 && errno == EINTR)
		return false;
	attempt_end(job);
	if (n != (ssize_t)sizeof(job->outcome)) {
		/* It died; its text may have left before. */
		job->outcome = (struct outcome){.status = SEND_UNKNOWN};
		(void)strlcpy(job->outcome.where, job->delivery->destination.to,
		    sizeof(job->outcome.where));
		(void)strlcpy(job->outcome.reason,
		    "chat-send's own process died on the way",
		    sizeof(job->outcome.reason));
	}
	/* An attacker may have written it: ensure that both strings end. */
	job->outcome.where[sizeof(job->outcome.where) - 1] = '\0';
	job->outcome.reason[sizeof(job->outcome.reason) - 1] = '\0';
	return true;
}

/* Kills it first: if it was taken over, it may never end. */
void
attempt_end(struct job *job)
{
	(void)close(job->fd);
	job->fd = NO_FD;
	(void)kill(job->pid, SIGKILL);
	(void)waitpid(job->pid, NULL, 0);
	job->uncertain_now = *job->text_left != 0;
	(void)munmap(job->text_left, 1);
	job->text_left = NULL;
}
