/* What the parent's loop waits for. */
#include "listener/parent/events.h"

#include <stddef.h>
#include <sys/epoll.h>

bool
events_watch(int epoll, int fd, uint32_t events, uint32_t ready)
{
	struct epoll_event event = {.events = events, .data.u32 = ready};

	return epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) == 0;
}

void
events_change(int epoll, int fd, uint32_t events, uint32_t ready)
{
	struct epoll_event event = {.events = events, .data.u32 = ready};

	(void)epoll_ctl(epoll, EPOLL_CTL_MOD, fd, &event);
}

void
events_forget(int epoll, int fd)
{
	(void)epoll_ctl(epoll, EPOLL_CTL_DEL, fd, NULL);
}
