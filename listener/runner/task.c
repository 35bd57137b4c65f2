/* Sessions at the runner. */
#include "listener/runner/task.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/base/error.h"

int
task_open(struct tasks *tasks, size_t count)
{
	TAILQ_INIT(&tasks->free);
	tasks->all = calloc(count, sizeof(*tasks->all));
	if (tasks->all == NULL)
		return CHAT_EINTERNAL;
	for (size_t i = 0; i < count; i++)
		TAILQ_INSERT_TAIL(&tasks->free, &tasks->all[i], link);
	return CHAT_OK;
}

struct task *
task_take(struct tasks *tasks, int channel, uint64_t session)
{
	struct task *task = TAILQ_FIRST(&tasks->free);

	if (task == NULL)
		return NULL;
	TAILQ_REMOVE(&tasks->free, task, link);
	*task = (struct task){.watched = WATCHED_TASK,
	    .state = TASK_OPEN,
	    .channel = channel,
	    .session = session};
	return task;
}

ssize_t
task_read(const struct task *task, const struct suite *suite,
    const uint8_t key[SIZE_HASH], struct request *request)
{
	const size_t head = sizeof(request->submission);
	ssize_t n = read(task->channel, request, sizeof(*request));

	if (n == -1 && (errno == EAGAIN || errno == EINTR))
		return -1;
	if (n <= (ssize_t)head ||
	    !submission_is_valid(&request->submission, request->text,
		(size_t)n - head, suite, key, task->session))
		return 0;
	return n - (ssize_t)head;
}

bool
task_asks(const struct task *task)
{
	uint8_t byte;

	return recv(task->channel, &byte, 1, MSG_PEEK | MSG_DONTWAIT) != -1;
}

void
task_wipe(struct request *request, ssize_t len)
{
	explicit_bzero(request,
	    len > 0 ? sizeof(request->submission) + (size_t)len
		    : sizeof(*request));
}

void
task_hang_up(struct task *task)
{
	if (task->channel != -1)
		(void)close(task->channel);
	task->channel = -1;
}

void
task_drop(struct tasks *tasks, struct task *task)
{
	task_hang_up(task);
	task->state = TASK_FREE;
	TAILQ_INSERT_TAIL(&tasks->free, task, link);
}

void
task_end(struct tasks *tasks, struct task *task, enum runner_result result)
{
	uint8_t byte;

	/* With a request unread, the session would get a reset instead. */
	if (task->state == TASK_WAITING)
		(void)recv(task->channel, &byte, 1, MSG_DONTWAIT);
	byte = (uint8_t)result;
	if (task->channel != -1)
		(void)send(
		    task->channel, &byte, 1, MSG_DONTWAIT | MSG_NOSIGNAL);
	task_drop(tasks, task);
}
