/* The programs that chat-terminal starts, and the lines that they write. */
#include "sender/chat/child.h"

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sender/chat/exit.h"

#define KEY_FD 3
#define FIRST_FREE 10         /* descriptors from here on are in nobody's way */
#define PIPE_BYTES 4096       /* what may wait in a pipe, unseen */
#define MOST_OUTPUT (4 << 20) /* bytes that a program may write */

/* Makes fd the standard descriptor `number`. */
static void
take_end(int fd, int number)
{
	if (fd == -1)
		fd = open("/dev/null", O_RDWR);
	if (fd == -1 || dup2(fd, number) == -1)
		_exit(TERMINAL_SYSTEM);
}

static void __attribute__((noreturn))
become(char *const argv[], const struct ends *ends, pid_t parent)
{
	int key = ends->key == -1 ? -1 : fcntl(ends->key, F_DUPFD, FIRST_FREE);
	sigset_t none;

	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(TERMINAL_SYSTEM);
	take_end(ends->in, STDIN_FILENO);
	take_end(ends->out, STDOUT_FILENO);
	take_end(ends->err, STDERR_FILENO);
	if (key != -1)
		take_end(key, KEY_FD);
	if (key != -1)
		(void)close(key);
	(void)signal(SIGPIPE, SIG_DFL);
	(void)signal(SIGTTOU, SIG_DFL);
	(void)sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
	(void)execvp(argv[0], argv);
	warn("cannot run %s; is it in PATH?", argv[0]);
	_exit(TERMINAL_MISSING);
}

pid_t
child_start(char *const argv[], const struct ends *ends)
{
	pid_t parent = getpid(), pid = fork();

	if (pid == 0)
		become(argv, ends, parent);
	if (pid == -1)
		err(TERMINAL_SYSTEM, "cannot start %s", argv[0]);
	return pid;
}

void
child_pipe(int ends[2])
{
	if (pipe2(ends, O_CLOEXEC) != 0 ||
	    fcntl(ends[0], F_SETFL, O_NONBLOCK) == -1)
		err(TERMINAL_SYSTEM, "cannot open a pipe");
	(void)fcntl(ends[0], F_SETPIPE_SZ, PIPE_BYTES);
}

int
child_file(const char *bytes, size_t len)
{
	int fd = memfd_create("chat", MFD_CLOEXEC);

	if (fd != -1 &&
	    (write(fd, bytes, len) != (ssize_t)len ||
		lseek(fd, 0, SEEK_SET) == -1)) {
		(void)close(fd);
		return -1;
	}
	return fd;
}

int
child_end(pid_t pid)
{
	int status;

	while (waitpid(pid, &status, 0) == -1)
		if (errno != EINTR)
			return TERMINAL_SYSTEM;
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status)
				   : WEXITSTATUS(status);
}

bool
feed_read(struct feed *feed, void (*take)(void *arg, char *line, size_t len),
    void *arg)
{
	ssize_t n =
	    read(feed->fd, feed->bytes + feed->len, feed->size - feed->len - 1);
	char *start = feed->bytes, *lf;

	if (n == -1 && (errno == EAGAIN || errno == EINTR))
		return true;
	feed->len += n > 0 ? (size_t)n : 0;
	while ((lf = memchr(start, '\n',
		    feed->len - (size_t)(start - feed->bytes))) != NULL) {
		*lf = '\0';
		take(arg, start, (size_t)(lf - start));
		start = lf + 1;
	}
	feed->len -= (size_t)(start - feed->bytes);
	memmove(feed->bytes, start, feed->len);
	if (feed->len == feed->size - 1 || (n <= 0 && feed->len > 0)) {
		feed->bytes[feed->len] = '\0';
		take(arg, feed->bytes, feed->len);
		feed->len = 0;
	}
	return n > 0;
}

int
child_run(char *const argv[], char **output)
{
	struct ends ends = {.in = -1, .key = -1};
	size_t len = 0;
	ssize_t n = 1;
	int fds[2];
	pid_t pid;

	if ((*output = malloc(MOST_OUTPUT + 1)) == NULL)
		err(TERMINAL_SYSTEM, "malloc");
	child_pipe(fds);
	(void)fcntl(fds[0], F_SETFL, 0); /* it ends soon */
	ends.out = ends.err = fds[1];
	pid = child_start(argv, &ends);
	(void)close(fds[1]);
	while (n > 0 && len < MOST_OUTPUT)
		if ((n = read(fds[0], *output + len, MOST_OUTPUT - len)) > 0)
			len += (size_t)n;
	(*output)[len] = '\0';
	(void)close(fds[0]);
	return child_end(pid);
}
