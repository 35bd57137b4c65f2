/*
 * Linked into the programs of `make coverage`, with --wrap for the functions
 * here. Their processes end by _exit(2) or are killed while they wait, and
 * sessions and keyholder give up all rights. Still their counts must not be
 * lost; libgcov adds them to files in COVERAGE_DIR.
 */
#include <fcntl.h>
#include <gcov.h>
#include <stdarg.h>
#include <stdbool.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

/*
 * The descriptor of COVERAGE_DIR: above all others, or as far as limits allow.
 */
#define FIRST_PLACE 1000
#define LAST_PLACE 8

void __real__exit(int status) __attribute__((noreturn));
void __wrap__exit(int status) __attribute__((noreturn));
pid_t __real___gcov_fork(void);
pid_t __wrap___gcov_fork(void);
int __real_epoll_wait(int fd, struct epoll_event *events, int most, int ms);
int __wrap_epoll_wait(int fd, struct epoll_event *events, int most, int ms);
int __real_open(const char *path, int flags, ...);
int __wrap_open(const char *path, int flags, ...);
int __wrap_setrlimit(__rlimit_resource_t what, const struct rlimit *limits);
int __real_setrlimit(__rlimit_resource_t what, const struct rlimit *limits);
void __wrap_closefrom(int first);

/*
 * fail.c reads this: allocations of libgcov must not fail, because it does not
 * notice.
 */
extern _Atomic int coverage_dumps;
_Atomic int coverage_dumps;

static int place = -1;

__attribute__((constructor)) static void
find_place(void)
{
	int fd = __real_open(COVERAGE_DIR, O_PATH | O_DIRECTORY | O_CLOEXEC);

	for (int at = FIRST_PLACE; place == -1 && at >= LAST_PLACE; at /= 2)
		place = fcntl(fd, F_DUPFD_CLOEXEC, at);
	(void)close(fd);
}

/* A look-up may not: libgcov would complain about each file. */
static bool
may_write(void)
{
	int fd = openat(place, "dump.o", O_RDWR | O_CLOEXEC);

	if (fd != -1)
		(void)close(fd);
	return fd != -1;
}

static void
dump(void)
{
	if (!may_write())
		return;
	coverage_dumps++;
	__gcov_dump();
	coverage_dumps--;
}

/* Called before libgcov's own, which dumps. */
__attribute__((destructor)) static void
expect_last_dump(void)
{
	coverage_dumps++;
}

void
__wrap__exit(int status)
{
	dump();
	__real__exit(status);
}

/* gcc replaces fork(2) by this, which dumps first. */
pid_t
__wrap___gcov_fork(void)
{
	pid_t pid;

	coverage_dumps++;
	pid = __real___gcov_fork();
	coverage_dumps--;
	return pid;
}

/* Where a keyholder or a parent is killed. */
int
__wrap_epoll_wait(int fd, struct epoll_event *events, int most, int ms)
{
	dump();
	__gcov_reset();
	return __real_epoll_wait(fd, events, most, ms);
}

/* Opens libgcov's files, from any root directory and as any user. */
int
__wrap_open(const char *path, int flags, ...)
{
	const size_t len = strlen(COVERAGE_DIR);
	va_list args;
	mode_t mode, mask;
	int fd;

	va_start(args, flags);
	mode = (flags & O_CREAT) != 0 ? va_arg(args, mode_t) : 0;
	va_end(args);
	if (strncmp(path, COVERAGE_DIR, len) != 0)
		return __real_open(path, flags, mode);
	mask = umask(0);
	fd = openat(place, path + len + 1, flags, mode);
	(void)umask(mask);
	return fd;
}

/* A process that may write no files could not write libgcov's either. */
int
__wrap_setrlimit(__rlimit_resource_t what, const struct rlimit *limits)
{
	return what == RLIMIT_FSIZE && limits->rlim_max == 0
	    ? 0
	    : __real_setrlimit(what, limits);
}

void
__wrap_closefrom(int first)
{
	(void)close_range((unsigned)first, (unsigned)place - 1, 0);
	(void)close_range((unsigned)place + 1, ~0u, 0);
}
