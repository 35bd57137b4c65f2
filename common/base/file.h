/* Writing files. */
#ifndef COMMON_BASE_FILE_H
#define COMMON_BASE_FILE_H

#include <sys/types.h>

/* As pwrite(2). A test passes one that fails when it wants. */
typedef ssize_t file_pwrite(
    int fd, const void *bytes, size_t len, off_t offset);

/*
 * Writes all of these bytes, from this offset on. Returns 0, or CHAT_EIO with
 * errno set; then some of them may be there.
 */
int file_write(
    file_pwrite *write, int fd, const char *bytes, size_t len, off_t offset);

#endif
