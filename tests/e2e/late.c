/*
 * Preloaded: a program believes that a thousand seconds pass while it reads a
 * list of users; afterwards the clock is normal.
 */
#include <dlfcn.h>
#include <stdbool.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define LATE_S 1000

static bool late;

ssize_t
read(int fd, void *bytes, size_t size)
{
	ssize_t n = syscall(SYS_read, fd, bytes, size);

	late |= n > 0 && *(const char *)bytes == '[';
	return n;
}

ssize_t __read_chk(int fd, void *bytes, size_t size, size_t room);

ssize_t
__read_chk(int fd, void *bytes, size_t size, size_t room)
{
	(void)room;
	return read(fd, bytes, size);
}

int
clock_gettime(clockid_t clock, struct timespec *now)
{
	static int (*next)(clockid_t, struct timespec *);
	int error;

	if (next == NULL)
		*(void **)&next = dlsym(RTLD_NEXT, "clock_gettime");
	error = next(clock, now);
	if (late && clock == CLOCK_MONOTONIC)
		now->tv_sec += LATE_S;
	return error;
}
