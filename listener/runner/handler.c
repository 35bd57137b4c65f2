/* A handler. */
#include "listener/runner/handler.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "common/base/error.h"
#include "common/base/hex.h"

int
handler_open(struct handler *handler)
{
	*handler = (struct handler){
	    .watched = WATCHED_HANDLER, .input = -1, .output = -1};
	handler->line = calloc(1, SIZE_RECORD);
	return handler->line == NULL ? CHAT_EINTERNAL : CHAT_OK;
}

static void
close_both(const int ends[2])
{
	for (size_t i = 0; i < 2; i++)
		if (ends[i] != -1)
			(void)close(ends[i]);
}

/* Opens both pipes; our ends, input[1] and output[0], never block. */
static int
open_pipes(int input[2], int output[2])
{
	return pipe2(input, O_CLOEXEC) == 0 && pipe2(output, O_CLOEXEC) == 0 &&
		fcntl(input[1], F_SETFL, O_NONBLOCK) == 0 &&
		fcntl(output[0], F_SETFL, O_NONBLOCK) == 0
	    ? CHAT_OK
	    : CHAT_EIO;
}

static bool
watch_fd(int events, int fd, uint32_t what, struct handler *handler)
{
	struct epoll_event event = {.events = what, .data.ptr = handler};

	return epoll_ctl(events, EPOLL_CTL_ADD, fd, &event) == 0;
}

int
handler_start(
    struct handler *handler, const struct command *command, int events)
{
	int input[2] = {-1, -1}, output[2] = {-1, -1}, error;

	handler->pid = -1;
	if (open_pipes(input, output) == 0 &&
	    watch_fd(events, input[1], EPOLLOUT | EPOLLET, handler) &&
	    watch_fd(events, output[0], EPOLLIN, handler))
		handler->pid =
		    command_start_handler(command, input[0], output[1]);
	if (handler->pid == -1) {
		error = errno;
		handler->pid = 0;
		close_both(input);
		close_both(output);
		errno = error;
		return CHAT_EIO;
	}
	(void)close(input[0]);
	(void)close(output[1]);
	handler->input = input[1];
	handler->output = output[0];
	handler->state = HANDLER_STARTING;
	handler->name.id[0] = '\0';
	handler->said_len = handler->line_len = 0;
	return CHAT_OK;
}

static void
name_message(const struct submission *submission, struct message_name *name)
{
	hex_encode(submission->id, SIZE_ID, name->id);
	(void)snprintf(name->from, sizeof(name->from), "%s%s",
	    (const char *)submission->from, submission->listed == 1 ? "" : "?");
}

bool
handler_has(const struct handler *handler, const struct submission *submission)
{
	struct message_name name;

	name_message(submission, &name);
	return handler->pid != 0 && strcmp(name.id, handler->name.id) == 0 &&
	    strcmp(name.from, handler->name.from) == 0;
}

int
handler_give(struct handler *handler, const struct request *request, size_t len,
    struct task *task)
{
	struct source source;
	struct record record;

	submission_record(
	    &request->submission, request->text, len, &source, &record);
	handler->len = record_spell(&record, handler->line);
	handler->sent = 0;
	name_message(&request->submission, &handler->name);
	handler->task = task;
	handler->state = HANDLER_BUSY;
	return handler_feed(handler);
}

int
handler_feed(struct handler *handler)
{
	char *rest = handler->line + handler->sent;
	ssize_t n;

	if (handler->sent == handler->len)
		return CHAT_OK;
	do
		n = write(handler->input, rest, handler->len - handler->sent);
	while (n == -1 && errno == EINTR);
	if (n == -1)
		return errno == EAGAIN ? CHAT_OK : CHAT_ECLOSED;
	/* If that was not all, the pipe is full, and tells when it is not. */
	explicit_bzero(rest, (size_t)n);
	handler->sent += (size_t)n;
	return CHAT_OK;
}

/* Whether it may write: that it is ready, or an answer. */
static bool
may_speak(const struct handler *handler)
{
	return handler->state == HANDLER_STARTING ||
	    (handler->state == HANDLER_BUSY && handler->sent == handler->len);
}

/* What a line means, which is in `said`, of a handler that may write one. */
static enum heard
understand(struct handler *handler)
{
	if (handler->state == HANDLER_STARTING)
		return result_is_ready(handler->said) ? HEARD_READY
						      : HEARD_WRONG;
	return result_read(handler->said, handler->name.id, &handler->result,
		   &handler->why) == 0
	    ? HEARD_RESULT
	    : HEARD_WRONG;
}

/* Ends what was read with NUL, so that it can be quoted. */
static enum heard
wrong(struct handler *handler)
{
	size_t most = sizeof(handler->said) - 1;

	handler->said[handler->said_len < most ? handler->said_len : most] =
	    '\0';
	return HEARD_WRONG;
}

enum heard
handler_hear(struct handler *handler)
{
	char *said = handler->said, *end;
	ssize_t n;

	handler->said_len -= handler->line_len;
	memmove(said, said + handler->line_len, handler->said_len);
	handler->line_len = 0;
	while ((end = memchr(said, '\n', handler->said_len)) == NULL) {
		size_t room = sizeof(handler->said) - handler->said_len;

		if (room == 0)
			return wrong(handler);
		n = read(handler->output, said + handler->said_len, room);
		if (n == 0)
			return HEARD_END;
		if (n == -1)
			return handler->said_len == 0 || may_speak(handler)
			    ? HEARD_NOTHING
			    : wrong(handler);
		handler->said_len += (size_t)n;
	}
	*end = '\0';
	handler->line_len = (size_t)(end - said) + 1;
	return may_speak(handler) && strlen(said) + 1 == handler->line_len
	    ? understand(handler)
	    : HEARD_WRONG;
}

void
handler_close(struct handler *handler)
{
	if (handler->input != -1)
		(void)close(handler->input);
	if (handler->output != -1)
		(void)close(handler->output);
	handler->input = handler->output = -1;
	explicit_bzero(
	    handler->line + handler->sent, handler->len - handler->sent);
	handler->len = handler->sent = 0;
}
