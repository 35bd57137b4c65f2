/*
 * The system calls with which the spool changes what is on a disk. A test
 * passes its own, which fail when it wants.
 */
#ifndef SENDER_KEEP_MEDIUM_H
#define SENDER_KEEP_MEDIUM_H

#include "common/base/file.h"

struct medium {
	int (*create)(int folder, const char *name); /* as open(2), mode 0600 */
	file_pwrite *pwrite;
	int (*fsync)(int fd);
	int (*renameat)(
	    int folder, const char *name, int to_folder, const char *to_name);
	int (*unlinkat)(int folder, const char *name, int flags);
	int (*mkdirat)(int folder, const char *name, mode_t mode);
};

/* Those of the system. */
extern const struct medium medium_system;

#endif
