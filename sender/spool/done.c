/* Which messages chat-spool has delivered last. */
#include "sender/spool/done.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define LEN_ID (2 * SIZE_ID)
#define SIZE_LINE (LEN_ID + 1)
#define MOST_LINES 2048 /* in each of two files */

static const char *const files[] = {"delivered", "delivered.1"};

void
done_add(const struct queue *queue, const char *file)
{
	char line[SIZE_LINE];
	struct stat st;
	ssize_t n = 0;
	int fd;

	if (fstatat(queue->fd, files[0], &st, AT_SYMLINK_NOFOLLOW) == 0 &&
	    st.st_size >= (off_t)MOST_LINES * SIZE_LINE)
		(void)renameat(queue->fd, files[0], queue->fd, files[1]);
	fd = openat(queue->fd, files[0],
	    O_WRONLY | O_CREAT | O_NOFOLLOW | O_CLOEXEC, S_IRUSR | S_IWUSR);
	if (fd == -1)
		return;
	memcpy(line, file + LEN_TIME + 1, LEN_ID);
	line[LEN_ID] = '\n';
	/* In the place of a line that was not completed. */
	if (fstat(fd, &st) == 0)
		n = pwrite(fd, line, sizeof(line),
		    st.st_size - st.st_size % SIZE_LINE);
	(void)n; /* it is only for those who ask */
	(void)close(fd);
}

static bool
has(const struct queue *queue, const char *name, const char *id)
{
	static char lines[(MOST_LINES + 1) * SIZE_LINE];
	int fd = openat(
	    queue->fd, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	ssize_t n = fd == -1 ? -1 : read(fd, lines, sizeof(lines));

	if (fd != -1)
		(void)close(fd);
	for (ssize_t at = 0; at + SIZE_LINE <= n; at += SIZE_LINE)
		if (memcmp(lines + at, id, LEN_ID) == 0)
			return true;
	return false;
}

bool
done_has(const struct queue *queue, const char *id)
{
	return has(queue, files[0], id) || has(queue, files[1], id);
}
