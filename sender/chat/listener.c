/* chat-listen, which runs as long as chat-terminal does. */
#include "sender/chat/listener.h"

#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/base/clock.h"
#include "common/base/limits.h"
#include "sender/chat/child.h"
#include "sender/chat/loop.h"
#include "sender/chat/screen.h"

#define READY "chat-listen: listening on "
#define MOST_OPTIONS 16
#define GRACE_MS 500 /* to end by itself */

static struct {
	pid_t pid; /* 0: it does not run */
	bool ready;
	int status; /* of one that has ended */
	char name[LIMIT_NAME + 1];
	/* Only a web address makes a line longer than the terminal. */
	char out_bytes[2 * LIMIT_TEXT], err_bytes[8192];
	struct feed out, err;
} listener;

/* A line of a message, laid out for this terminal. Later lines are indented. */
static void
take_message(void *arg, char *line, size_t len)
{
	(void)arg;
	if (*line != ' ')
		screen_arrived();
	screen_line(line, len);
}

static void
take_words(void *arg, char *line, size_t len)
{
	const char *name = NULL;

	(void)arg;
	screen_relay(line, len);
	if (listener.ready || strncmp(line, READY, strlen(READY)) != 0)
		return;
	for (const char *p = line; (p = strstr(p, " as ")) != NULL;)
		name = p += strlen(" as ");
	(void)strlcpy(
	    listener.name, name == NULL ? "" : name, sizeof(listener.name));
	listener.ready = true;
}

static void
hear_messages(void *arg)
{
	if (!feed_read(&listener.out, take_message, arg))
		loop_forget(listener.out.fd);
}

/*
 * Reads what is written until all of its processes have ended, or that time is
 * over: each message that is there has its receipt.
 */
static bool
drain(int limit_ms)
{
	struct pollfd ends[] = {{.fd = listener.out.fd, .events = POLLIN},
	    {.fd = listener.err.fd, .events = POLLIN}};
	int64_t end_ms = clock_now_ms() + limit_ms, left_ms = limit_ms;

	for (; ends[0].fd != -1 || ends[1].fd != -1;
	    left_ms = end_ms - clock_now_ms()) {
		if (poll(ends, 2, left_ms > 0 ? (int)left_ms : 0) <= 0)
			return false;
		if (ends[0].revents != 0 &&
		    !feed_read(&listener.out, take_message, NULL))
			ends[0].fd = -1;
		if (ends[1].revents != 0 &&
		    !feed_read(&listener.err, take_words, NULL))
			ends[1].fd = -1;
	}
	return true;
}

/* All of its processes have standard error until they end. */
static void
hear_words(void *arg)
{
	if (feed_read(&listener.err, take_words, arg))
		return;
	(void)drain(GRACE_MS);
	loop_forget(listener.err.fd);
	loop_forget(listener.out.fd);
	listener.status = child_end(listener.pid);
	listener.pid = 0;
	screen_say("chat-listen ended with status %d", listener.status);
	if (listener.ready)
		loop_end(listener.status);
}

static void
open_feed(struct feed *feed, char *bytes, size_t size, int *end,
    void (*ready)(void *arg))
{
	int fds[2];

	child_pipe(fds);
	*feed = (struct feed){.fd = fds[0], .bytes = bytes, .size = size};
	*end = fds[1];
	loop_watch(fds[0], ready, NULL);
}

/* Its standard input is the terminal: it reads nothing but the width there. */
static void
launch(const struct listener_words *words)
{
	struct ends ends = {.in = screen_terminal(), .key = -1};
	char *argv[MOST_OPTIONS] = {"chat-listen", "-t", "0", "-d",
	    words->directory, "-p", words->port};
	size_t n = 7;

	if (words->user != NULL) {
		argv[n++] = "-u";
		argv[n++] = words->user;
	}
	if (words->log != NULL) {
		argv[n++] = "-o";
		argv[n++] = words->log;
	}
	open_feed(&listener.out, listener.out_bytes, sizeof(listener.out_bytes),
	    &ends.out, hear_messages);
	open_feed(&listener.err, listener.err_bytes, sizeof(listener.err_bytes),
	    &ends.err, hear_words);
	listener.pid = child_start(argv, &ends);
	(void)close(ends.out);
	(void)close(ends.err);
}

int
listener_start(const struct listener_words *words)
{
	launch(words);
	while (!listener.ready && listener.pid != 0) {
		if (loop_wait(false) == LOOP_OVER)
			return loop_status();
		loop_serve();
	}
	return listener.ready ? -1 : listener.status;
}

const char *
listener_name(void)
{
	return listener.name;
}

void
listener_reload(void)
{
	if (listener.pid != 0)
		(void)kill(listener.pid, SIGHUP);
}

/* Its sessions die with it. */
void
listener_stop(void)
{
	if (listener.pid == 0)
		return;
	(void)kill(listener.pid, SIGTERM);
	if (!drain(GRACE_MS)) {
		(void)kill(listener.pid, SIGKILL);
		(void)drain(GRACE_MS);
	}
	(void)child_end(listener.pid);
}
