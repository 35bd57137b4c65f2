/* Couriers: a process for each queue. */
#include "sender/spool/crew.h"

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

struct crew {
	struct {
		pid_t pid; /* 0: none */
		const char *queue;
	} couriers[MOST_COURIERS];
	size_t count;
	enum send_exit status;
};

static void
worsen(struct crew *crew, enum send_exit status)
{
	if (crew->status == SEND_OK || status == SEND_IO)
		crew->status = status;
}

/* Notes how a courier ended. */
static void
note_end(struct crew *crew, const char *queue, int status)
{
	if (WIFEXITED(status) && WEXITSTATUS(status) == SEND_OK)
		return;
	if (WIFEXITED(status) &&
	    (WEXITSTATUS(status) == SEND_KEPT ||
		WEXITSTATUS(status) == SEND_IO)) {
		worsen(crew, (enum send_exit)WEXITSTATUS(status));
		return;
	}
	worsen(crew, SEND_IO);
	if (WIFEXITED(status) && WEXITSTATUS(status) == SEND_TEMPORARY)
		warnx(
		    "%s: the user directory or the secret was not ready in time",
		    queue);
	else
		warnx("%s: its process died; the messages wait", queue);
}

static void
wait_for_one(struct crew *crew)
{
	int status;
	pid_t pid = waitpid(-1, &status, 0);

	for (size_t i = 0; i < MOST_COURIERS; i++)
		if (pid > 0 && crew->couriers[i].pid == pid) {
			crew->couriers[i].pid = 0;
			crew->count--;
			note_end(crew, crew->couriers[i].queue, status);
		}
}

static void
start(struct crew *crew, const struct spool *spool, const char *queue,
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
		worsen(crew, SEND_IO);
		return;
	}
	while (crew->couriers[i].pid != 0)
		i++;
	crew->couriers[i].pid = pid;
	crew->couriers[i].queue = queue;
	crew->count++;
}

enum send_exit
crew_run(const struct spool *spool, const struct names *queues,
    const struct tell *tell)
{
	struct crew crew = {.status = SEND_OK};

	for (size_t i = 0; i < queues->count; i++) {
		if (crew.count == MOST_COURIERS)
			wait_for_one(&crew);
		start(&crew, spool, queues->list[i], tell);
	}
	while (crew.count > 0)
		wait_for_one(&crew);
	return crew.status;
}
