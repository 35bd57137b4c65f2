/* One attempt at a delivery, in a process of its own. */
#include "sender/attempt.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/base/clock.h"
#include "sender/deliver.h"
#include "sender/interrupt.h"
#include "sender/lines.h"
#include "sender/vault.h"

/* How long after its own alarm an attempt is killed. */
#define GRACE_MS 5000

/* An attempt must not read the outcomes of others. */
static void
keep_only(const struct dispatch *dispatch, const struct job *mine)
{
	for (size_t i = 0; i < dispatch->count; i++)
		if (&dispatch->jobs[i] != mine && dispatch->jobs[i].fd != NO_FD)
			(void)close(dispatch->jobs[i].fd);
}

/* Runs in the attempt's process. */
static void
attempt(const struct dispatch *dispatch, const struct job *job, pid_t parent,
    int fd)
{
	static struct outcome outcome = {.status = SEND_INTERNAL};

	interrupt_ignore();
	(void)sigprocmask(SIG_SETMASK, &dispatch->mask, NULL);
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 || getppid() != parent)
		_exit(SEND_INTERNAL);
	keep_only(dispatch, job);
	fd = deliver_once(job->delivery, fd, &outcome);
	_exit(write(fd, &outcome, sizeof(outcome)) == (ssize_t)sizeof(outcome)
		? SEND_OK
		: SEND_INTERNAL);
}

/* Shares a byte with the attempt, which sets it before its text may leave. */
static bool
share_cell(struct job *job)
{
	void *cell = mmap(
	    NULL, 1, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (cell == MAP_FAILED)
		return false;
	job->maybe_sent = cell;
	job->delivery->maybe_sent = cell;
	return true;
}

static void
unshare_cell(struct job *job)
{
	if (job->maybe_sent != NULL)
		(void)munmap(job->maybe_sent, 1);
	job->maybe_sent = NULL;
}

/*
 * Forks the attempt. It has only its own byte, so it cannot speak for another.
 */
static bool
fork_attempt(const struct dispatch *dispatch, struct job *job)
{
	pid_t parent = getpid();
	int ends[2];

	if (pipe(ends) != 0)
		return false;
	job->pid = vault_fork((size_t)(job - dispatch->jobs));
	if (job->pid == 0) {
		(void)close(ends[0]);
		attempt(dispatch, job, parent, ends[1]);
	}
	(void)close(ends[1]);
	job->fd = ends[0];
	if (job->pid != -1 && madvise(job->maybe_sent, 1, MADV_DONTFORK) == 0)
		return true;
	if (job->pid != -1) {
		(void)kill(job->pid, SIGKILL);
		(void)waitpid(job->pid, NULL, 0);
	}
	(void)close(job->fd);
	job->fd = NO_FD;
	return false;
}

bool
attempt_start(const struct dispatch *dispatch, struct job *job)
{
	if (dispatch->lines != NULL)
		lines_load((size_t)(job - dispatch->jobs), dispatch->lines);
	if (!share_cell(job) || !fork_attempt(dispatch, job)) {
		job->outcome = (struct outcome){.status = SEND_TEMPORARY};
		(void)strlcpy(job->outcome.where, job->delivery->destination.to,
		    sizeof(job->outcome.where));
		(void)snprintf(job->outcome.reason, sizeof(job->outcome.reason),
		    "cannot start an attempt: %s; the message was not sent",
		    strerror(errno));
		unshare_cell(job);
		return false;
	}
	job->overdue_ms = clock_now_ms() + GRACE_MS +
	    (int64_t)deliver_most_s(job->delivery->timeout_s) * 1000;
	return true;
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
	job->uncertain_now = *job->maybe_sent != 0;
	unshare_cell(job);
}
