/*
 * The system calls with which the recorder changes a file. A test passes its
 * own, which fail when it wants.
 */
#ifndef LISTENER_RECORDER_DISK_H
#define LISTENER_RECORDER_DISK_H

#include <sys/types.h>

struct disk {
	ssize_t (*pwrite)(int fd, const void *bytes, size_t len, off_t offset);
	int (*fdatasync)(int fd);
	int (*ftruncate)(int fd, off_t size);
};

#endif
