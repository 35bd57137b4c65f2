/* One attempt at a delivery, in a process of its own. */
#include "sender/attempt.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "common/base/clock.h"
#include "common/base/error.h"
#include "sender/deliver.h"
#include "sender/interrupt.h"
#include "sender/lines.h"
#include "sender/vault.h"

/* How long after its own alarm an attempt is killed. */
#define GRACE_MS 5000

/* An attempt must not speak with the others. */
static void
close_others(const struct dispatch *dispatch)
{
	for (size_t i = 0; i < dispatch->count; i++) {
		const struct job *job = &dispatch->jobs[i];

		if (job->attempt.fd != NO_FD)
			(void)close(job->attempt.fd);
		for (size_t n = 0; n < MOST_AHEAD; n++)
			if (job->ahead.attempts[n].fd != NO_FD)
				(void)close(job->ahead.attempts[n].fd);
	}
}

/* Runs in the attempt's process. */
static void
run(const struct dispatch *dispatch, struct delivery *delivery, pid_t parent,
    int fd)
{
	static struct outcome outcome = {.status = SEND_INTERNAL};

	interrupt_ignore();
	(void)sigprocmask(SIG_SETMASK, &dispatch->mask, NULL);
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 || getppid() != parent)
		_exit(SEND_INTERNAL);
	close_others(dispatch);
	fd = deliver_once(delivery, fd, &outcome);
	_exit(write(fd, &outcome, sizeof(outcome)) == (ssize_t)sizeof(outcome)
		? SEND_OK
		: SEND_INTERNAL);
}

/*
 * Forks the attempt. It shares a byte with us, which it sets before its text
 * may leave. It has only its own byte, so it cannot speak for another.
 */
static int
fork_sharing(const struct dispatch *dispatch, size_t recipient,
    struct delivery *delivery, struct attempt *attempt)
{
	pid_t parent = getpid();
	int ends[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends) != 0)
		return CHAT_EIO;
	attempt->pid = vault_fork(recipient);
	if (attempt->pid == 0) {
		(void)close(ends[0]);
		run(dispatch, delivery, parent, ends[1]);
	}
	(void)close(ends[1]);
	attempt->fd = ends[0];
	if (attempt->pid != -1 &&
	    madvise(attempt->maybe_sent, 1, MADV_DONTFORK) == 0)
		return CHAT_OK;
	if (attempt->pid != -1) {
		(void)kill(attempt->pid, SIGKILL);
		(void)waitpid(attempt->pid, NULL, 0);
	}
	(void)close(attempt->fd);
	attempt->fd = NO_FD;
	return CHAT_EIO;
}

int
attempt_fork(const struct dispatch *dispatch, size_t recipient,
    struct delivery *delivery, struct attempt *attempt)
{
	void *cell = mmap(
	    NULL, 1, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (cell == MAP_FAILED)
		return CHAT_EIO;
	attempt->maybe_sent = cell;
	delivery->maybe_sent = cell;
	if (fork_sharing(dispatch, recipient, delivery, attempt) != 0) {
		(void)munmap(cell, 1);
		return CHAT_EIO;
	}
	memcpy(attempt->drawn, delivery->drawn, SIZE_ID);
	attempt->born_ms = attempt_boottime_ms();
	attempt->overdue_ms = clock_now_ms() + GRACE_MS +
	    (int64_t)deliver_most_s(delivery) * 1000;
	return CHAT_OK;
}

int64_t
attempt_boottime_ms(void)
{
	struct timespec now = {0};

	(void)clock_gettime(CLOCK_BOOTTIME, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* If it has ended, its outcome says so. */
void
attempt_release(const struct attempt *attempt)
{
	(void)!write(attempt->fd, "", 1);
}

bool
attempt_start(const struct dispatch *dispatch, struct job *job)
{
	size_t recipient = (size_t)(job - dispatch->jobs);

	if (dispatch->lines != NULL)
		lines_load(recipient, dispatch->lines);
	if (attempt_fork(dispatch, recipient, job->delivery, &job->attempt) ==
	    0)
		return true;
	job->outcome = (struct outcome){.status = SEND_TEMPORARY};
	(void)strlcpy(job->outcome.where, job->delivery->destination.to,
	    sizeof(job->outcome.where));
	(void)snprintf(job->outcome.reason, sizeof(job->outcome.reason),
	    "cannot start an attempt: %s; the message was not sent",
	    strerror(errno));
	return false;
}

void
attempt_limit(const struct job *job, int64_t now_ms, int64_t *wait_ms)
{
	int64_t left = job->attempt.overdue_ms - now_ms;

	if (left <= 0) {
		(void)kill(job->attempt.pid, SIGKILL);
		left = GRACE_MS;
	}
	if (*wait_ms == -1 || left < *wait_ms)
		*wait_ms = left;
}

bool
attempt_collect(struct job *job)
{
	ssize_t n = read(job->attempt.fd, &job->outcome, sizeof(job->outcome));

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

void
attempt_end(struct job *job)
{
	job->uncertain_now = attempt_kill(&job->attempt);
}

/* Kills it first: if it was taken over, it may never end. */
bool
attempt_kill(struct attempt *attempt)
{
	bool maybe_sent;

	(void)close(attempt->fd);
	attempt->fd = NO_FD;
	(void)kill(attempt->pid, SIGKILL);
	(void)waitpid(attempt->pid, NULL, 0);
	maybe_sent = *attempt->maybe_sent != 0;
	(void)munmap(attempt->maybe_sent, 1);
	return maybe_sent;
}
