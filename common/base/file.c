/* Writing files. */
#include "common/base/file.h"

#include <errno.h>

#include "common/base/error.h"

int
file_write(
    file_pwrite *write, int fd, const char *bytes, size_t len, off_t offset)
{
	size_t done = 0;
	ssize_t n;

	while (done < len) {
		n = write(fd, bytes + done, len - done, offset + (off_t)done);
		if (n == -1 && errno == EINTR)
			continue;
		if (n == 0)
			errno = ENOSPC;
		if (n <= 0)
			return CHAT_EIO;
		done += (size_t)n;
	}
	return CHAT_OK;
}
