/* Finding the last lines of a long file. */
#include "listener/recorder/tail.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "common/base/error.h"

#define BLOCK 262144 /* bytes that are read at once */

static char block[BLOCK];

int
tail_read(int fd, void *bytes, size_t len, off_t offset)
{
	size_t done = 0;
	ssize_t n;

	while (done < len) {
		n = pread(
		    fd, (char *)bytes + done, len - done, offset + (off_t)done);
		if (n == -1 && errno == EINTR)
			continue;
		if (n == 0)
			errno = 0;
		if (n <= 0)
			return CHAT_EIO;
		done += (size_t)n;
	}
	return CHAT_OK;
}

/* Reads the block that ends at `end`; returns its length, or 0. */
static size_t
read_before(int fd, off_t end)
{
	size_t len = end < BLOCK ? (size_t)end : BLOCK;

	return tail_read(fd, block, len, end - (off_t)len) == 0 ? len : 0;
}

int
tail_find(int fd, off_t size, size_t most, off_t *start, size_t *lines)
{
	size_t found = 0, len;
	const char *lf;

	for (off_t end = size; end > 0; end -= (off_t)len) {
		if ((len = read_before(fd, end)) == 0)
			return CHAT_EIO;
		for (size_t rest = len;
		    (lf = memrchr(block, '\n', rest)) != NULL;
		    rest = (size_t)(lf - block)) {
			if (found == most) {
				*start = end - (off_t)len + (lf - block) + 1;
				*lines = found;
				return CHAT_OK;
			}
			found++;
		}
	}
	*start = 0;
	*lines = found;
	return CHAT_OK;
}

int
tail_count(int fd, off_t size, unsigned long *lines)
{
	const char *p, *lf;
	size_t len;

	*lines = 0;
	for (off_t end = size; end > 0; end -= (off_t)len) {
		if ((len = read_before(fd, end)) == 0)
			return CHAT_EIO;
		for (p = block;
		    (lf = memchr(p, '\n', len - (size_t)(p - block))) != NULL;
		    p = lf + 1)
			++*lines;
	}
	return CHAT_OK;
}
