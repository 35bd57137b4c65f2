/* Opening the directory's file, without waiting for it. */
#include "listener/parent/opening.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/base/error.h"
#include "listener/link/order.h"

#define ANSWER_FD 0 /* and nothing else is open: it may outlive us */

/* Sends the file, or a byte that says why there is none. */
static void __attribute__((noreturn))
open_file(const char *path, int flags, pid_t parent, int answer)
{
	struct order order = {.what = ORDER_DIRECTORY};
	int fd;

	/* It has nothing to hide; without this it may only stay too long. */
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent || dup2(answer, ANSWER_FD) == -1)
		_exit(1);
	closefrom(ANSWER_FD + 1);
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | flags);
	if (fd != -1) {
		(void)order_send(ANSWER_FD, &order, fd, 0);
	} else {
		order.what = (uint64_t)errno;
		(void)send(ANSWER_FD, &order, sizeof(order), MSG_NOSIGNAL);
	}
	_exit(0);
}

int
opening_start(const char *path, int flags)
{
	pid_t parent = getpid(), pid;
	int ends[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0)
		return -1;
	if ((pid = fork()) == 0)
		open_file(path, flags, parent, ends[1]);
	(void)close(ends[1]);
	if (pid == -1) {
		(void)close(ends[0]);
		return -1;
	}
	return ends[0];
}

int
opening_end(int opening)
{
	struct order order = {.what = 0};
	int fd = -1;
	int error = order_receive(opening, &order, &fd);

	(void)close(opening);
	if (error == CHAT_OK)
		return fd;
	/* Without a file, the order is the reason. */
	errno = error == CHAT_ECLOSED ? EIO : (int)order.what;
	return -1;
}
