/* Couriers: a process for each queue. */
#include "sender/spool/couriers.h"

#include <err.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sender/spool/courier.h"

#define MOST_COURIERS 32 /* at once; each has an attempt beside it */

struct couriers {
	struct {
		pid_t pid; /* 0: none */
		const char *queue;
	} list[MOST_COURIERS];
	size_t count;
	enum send_exit status;
};

static void
worsen(struct couriers *couriers, enum send_exit status)
{
	if (couriers->status == SEND_OK || status == SEND_IO)
		couriers->status = status;
}

/* Notes how a courier ended. */
static void
note_end(struct couriers *couriers, const char *queue, int status)
{
	if (WIFEXITED(status) && WEXITSTATUS(status) == SEND_OK)
		return;
	if (WIFEXITED(status) &&
	    (WEXITSTATUS(status) == SEND_KEPT ||
		WEXITSTATUS(status) == SEND_IO)) {
		worsen(couriers, (enum send_exit)WEXITSTATUS(status));
		return;
	}
	if (WIFEXITED(status) && WEXITSTATUS(status) == SEND_TEMPORARY) {
		warnx(
		    "%s: the user directory or the secret was not ready in time",
		    queue);
		worsen(couriers, SEND_KEPT);
		return;
	}
	warnx("%s: its process died; the messages wait", queue);
	worsen(couriers, SEND_IO);
}

static void
wait_for_one(struct couriers *couriers)
{
	int status;
	pid_t pid = waitpid(-1, &status, 0);

	for (size_t i = 0; i < MOST_COURIERS; i++)
		if (pid > 0 && couriers->list[i].pid == pid) {
			couriers->list[i].pid = 0;
			couriers->count--;
			note_end(couriers, couriers->list[i].queue, status);
		}
}

static void
start(struct couriers *couriers, const struct spool *spool, const char *queue,
    const struct tell *tell)
{
	pid_t parent = getpid(), pid = fork();
	size_t i = 0;

	if (pid == 0) {
		if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 ||
		    getppid() != parent)
			_exit(SEND_INTERNAL);
		_exit((int)courier_run(spool, queue, tell));
	}
	if (pid == -1) {
		warn("%s: cannot start a process", queue);
		worsen(couriers, SEND_IO);
		return;
	}
	while (couriers->list[i].pid != 0)
		i++;
	couriers->list[i].pid = pid;
	couriers->list[i].queue = queue;
	couriers->count++;
}

enum send_exit
couriers_run(const struct spool *spool, const struct names *queues,
    const struct tell *tell)
{
	struct couriers couriers = {.status = SEND_OK};

	for (size_t i = 0; i < queues->count; i++) {
		if (couriers.count == MOST_COURIERS)
			wait_for_one(&couriers);
		start(&couriers, spool, queues->list[i], tell);
	}
	while (couriers.count > 0)
		wait_for_one(&couriers);
	return couriers.status;
}
