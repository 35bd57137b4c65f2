/*
 * Preloaded by test_faults.py: makes one allocation, or every fork, fail.
 * $FAIL_FILE is shared by all processes and written by the test: the number
 * of allocations until one fails (0: none will), and whether forks fail.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

struct plan {
	_Atomic long allocations;
	_Atomic long forks;
};

static struct plan *plan;

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *memory, size_t size);
pid_t __fork(void);

__attribute__((constructor)) static void
open_plan(void)
{
	int fd = open(getenv("FAIL_FILE"), O_RDWR | O_CLOEXEC);
	void *shared = mmap(
	    NULL, sizeof(*plan), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	if (shared == MAP_FAILED)
		_exit(99);
	(void)close(fd);
	plan = shared;
}

static int
fails(void)
{
	if (plan == NULL || atomic_load(&plan->allocations) <= 0 ||
	    atomic_fetch_sub(&plan->allocations, 1) != 1)
		return 0;
	errno = ENOMEM;
	return 1;
}

void *
malloc(size_t size)
{
	return fails() ? NULL : __libc_malloc(size);
}

void *
calloc(size_t count, size_t size)
{
	return fails() ? NULL : __libc_calloc(count, size);
}

void *
realloc(void *memory, size_t size)
{
	return fails() ? NULL : __libc_realloc(memory, size);
}

pid_t
fork(void)
{
	if (plan != NULL && atomic_load(&plan->forks) != 0) {
		errno = EAGAIN;
		return -1;
	}
	return __fork();
}
