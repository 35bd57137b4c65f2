/* Standard descriptors. */
#include "common/base/descriptors.h"

#include <fcntl.h>
#include <unistd.h>

#include "common/base/error.h"

int
descriptors_fill(void)
{
	/* The wrong way round, so that reading and writing fail. */
	static const int modes[] = {
	    [STDIN_FILENO] = O_WRONLY,
	    [STDOUT_FILENO] = O_RDONLY,
	    [STDERR_FILENO] = O_WRONLY,
	};

	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
		if (fcntl(fd, F_GETFD) == -1 &&
		    open("/dev/null", modes[fd]) != fd)
			return CHAT_EIO;
	return CHAT_OK;
}

static bool
opened_for(int fd, int mode)
{
	int flags = fcntl(fd, F_GETFL);

	return flags != -1 &&
	    ((flags & O_ACCMODE) == mode || (flags & O_ACCMODE) == O_RDWR);
}

bool
descriptors_can_read(int fd)
{
	return opened_for(fd, O_RDONLY);
}

bool
descriptors_can_write(int fd)
{
	return opened_for(fd, O_WRONLY);
}
