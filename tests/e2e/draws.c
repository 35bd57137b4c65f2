/*
 * Preloaded by test_forgetting.py: writes all random numbers of a process to
 * $DRAWS_FILE, which the test reads.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <unistd.h>

#define SIZE 65536 /* like the test's file */

static struct draws {
	_Atomic long used;
	char bytes[SIZE - sizeof(long)];
} *draws;

__attribute__((constructor)) static void
open_draws(void)
{
	int fd = open(getenv("DRAWS_FILE"), O_RDWR | O_CLOEXEC);
	void *shared = mmap(
	    NULL, sizeof(*draws), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	if (shared == MAP_FAILED)
		_exit(99);
	(void)close(fd);
	draws = shared;
}

int
getentropy(void *buffer, size_t len)
{
	long at = atomic_fetch_add(&draws->used, (long)len);

	if (getrandom(buffer, len, 0) != (ssize_t)len ||
	    (size_t)at + len > sizeof(draws->bytes))
		_exit(99);
	memcpy(draws->bytes + at, buffer, len);
	return 0;
}
