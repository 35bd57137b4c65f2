/* Programs that run while the loop goes on. */
#ifndef SENDER_CHAT_RUN_H
#define SENDER_CHAT_RUN_H

#include <sys/types.h>

#include "sender/chat/child.h"

/* The caller sets everything but pid and feed.fd. */
struct run {
	pid_t pid; /* 0: it does not run */
	struct feed feed;
	void (*take)(void *arg, char *line, size_t len); /* see feed_read() */
	void (*done)(void *arg, int status);             /* it has ended */
	void *arg;
};

/* Starts a program with this standard input, and this key or -1. */
void run_start(struct run *run, char *const argv[], int in, int key);

/* Asks it to end, and waits until it has. */
void run_stop(struct run *run);

#endif
