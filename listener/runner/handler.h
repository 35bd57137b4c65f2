/*
 * A handler: a process of the command of -x that stays. It gets a line of JSON
 * for each message, and writes a line about it. What its owner, the crew, does
 * about its mistakes is in crew.h. chat-listen(1), Handlers that stay.
 */
#ifndef LISTENER_RUNNER_HANDLER_H
#define LISTENER_RUNNER_HANDLER_H

#include <sys/types.h>

#include "listener/runner/command.h"
#include "listener/runner/result.h"
#include "listener/runner/task.h"
#include "listener/runner/watched.h"

enum handler_state {
	HANDLER_DOWN,     /* does not run; starts at the deadline */
	HANDLER_STARTING, /* has not said that it is ready */
	HANDLER_FREE,
	HANDLER_BUSY,    /* has a message */
	HANDLER_LEAVING, /* closed a pipe; is killed at the deadline */
	HANDLER_ENDING,  /* was killed, and has not ended yet */
};

/* What a message is called, at this listener. */
struct message_name {
	char id[2 * SIZE_ID + 1];
	char from[LIMIT_NAME + 2]; /* its sender, with ? if not listed */
};

struct handler {
	enum watched watched;
	enum handler_state state;
	pid_t pid;         /* 0 if it does not run */
	int input, output; /* our ends of its standard input and output */
	int64_t deadline;  /* of its state, unless free or ending */
	struct task *task; /* whose message it has, if it is busy */
	struct message_name name;  /* until it has answered, or ended; or "" */
	char *line;                /* SIZE_RECORD bytes: what it has to get */
	size_t len, sent;          /* of that line */
	char said[SIZE_RESULT];    /* what it wrote; a line ends with NUL */
	size_t said_len, line_len; /* of that, and of the line in it */
	enum runner_result result; /* the last one, and its reason, in `said` */
	const char *why;
	/* Of its owner. */
	unsigned number;  /* from 1 */
	int64_t pause_ms; /* before it is started again; 0 after a result */
	bool failed;      /* since it was ready */
	char fault[SIZE_RESULT + 64]; /* why it was killed, or "" */
};

/* What handler_hear() has heard. */
enum heard {
	HEARD_NOTHING,
	HEARD_READY,
	HEARD_RESULT, /* of its message */
	HEARD_WRONG,  /* something else, or at a wrong time: `said` */
	HEARD_END,    /* it has closed its output */
};

/* Makes one that does not run. Returns 0 or CHAT_EINTERNAL. */
int handler_open(struct handler *handler);

/*
 * Starts a process for it; epoll tells of its descriptors, with the handler as
 * data. It is starting then. Returns 0, or CHAT_EIO with errno set.
 */
int handler_start(
    struct handler *handler, const struct command *command, int events);

/*
 * Whether a handler has a message of that id and sender, even if it was killed
 * over it and has not ended yet.
 */
bool handler_has(
    const struct handler *handler, const struct submission *submission);

/*
 * Gives a free handler a message, whose text has len bytes, and makes it busy.
 * Returns as handler_feed() does.
 */
int handler_give(struct handler *handler, const struct request *request,
    size_t len, struct task *task);

/*
 * Writes to a handler what it accepts now, once: before the rest of a long
 * line, it is to be heard. What is written is wiped. Returns 0, or CHAT_ECLOSED
 * if it reads nothing any more.
 */
int handler_feed(struct handler *handler);

/*
 * Reads a line from a handler, if there is a whole one. One that has no
 * message, or has not got all of it, must not have written anything.
 */
enum heard handler_hear(struct handler *handler);

/* Closes our ends, and wipes what was not written to it. */
void handler_close(struct handler *handler);

#endif
