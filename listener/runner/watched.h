/*
 * What the runner waits for. The data of an event of epoll points to one of
 * these, which is the first member of what it stands for.
 */
#ifndef LISTENER_RUNNER_WATCHED_H
#define LISTENER_RUNNER_WATCHED_H

enum watched {
	WATCHED_CONTROL,
	WATCHED_SIGNALS,
	WATCHED_TASK,    /* of a struct task */
	WATCHED_HANDLER, /* of a struct handler */
};

#endif
