/*
 * The system calls with which the recorder changes a file. A test passes its
 * own, which fail when it wants.
 */
#ifndef LISTENER_RECORDER_DISK_H
#define LISTENER_RECORDER_DISK_H

#include "common/base/file.h"

struct disk {
	file_pwrite *pwrite;
	int (*fdatasync)(int fd);
	int (*ftruncate)(int fd, off_t size);
};

#endif
