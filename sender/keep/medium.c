/* The system calls with which the spool changes what is on a disk. */
#include "sender/keep/medium.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

static int
create(int folder, const char *name)
{
	return openat(folder, name,
	    O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
	    S_IRUSR | S_IWUSR);
}

const struct medium medium_system = {
    create, pwrite, fsync, renameat, unlinkat, mkdirat};
