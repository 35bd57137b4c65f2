/* What the parent's loop waits for, by epoll(7). */
#ifndef LISTENER_PARENT_EVENTS_H
#define LISTENER_PARENT_EVENTS_H

#include <stdbool.h>
#include <stdint.h>

/* What an event is for. */
enum ready {
	READY_ACCEPTOR,
	READY_SIGNALS,
	READY_CONTROL,
	READY_SHOWN,
	READY_OPENING,
	READY_OUTPUT,
	READY_RECORDER,
	READY_RUNNER,
	READY_LOG,
	READY_REPORT, /* from here on: of child number ready - READY_REPORT */
};

/*
 * Watches a descriptor for these events, EPOLLIN and the like. `epoll` is that
 * of epoll_create1(2), here and below. Returns whether that worked.
 */
bool events_watch(int epoll, int fd, uint32_t events, uint32_t ready);

/* From now on watches it for other events. */
void events_change(int epoll, int fd, uint32_t events, uint32_t ready);

void events_forget(int epoll, int fd);

#endif
