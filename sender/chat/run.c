/* Programs that run while the loop goes on. */
#include "sender/chat/run.h"

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include "sender/chat/loop.h"

static void
end(struct run *run)
{
	int status = child_end(run->pid);

	loop_forget(run->feed.fd);
	(void)close(run->feed.fd);
	run->pid = 0;
	run->done(run->arg, status);
}

static void
hear(void *arg)
{
	struct run *run = arg;

	if (!feed_read(&run->feed, run->take, run->arg))
		end(run);
}

void
run_start(struct run *run, char *const argv[], int in, int key)
{
	struct ends ends = {.in = in, .key = key};
	int fds[2];

	child_pipe(fds);
	ends.out = ends.err = fds[1];
	run->pid = child_start(argv, &ends);
	(void)close(fds[1]);
	run->feed.fd = fds[0];
	run->feed.len = 0;
	loop_watch(fds[0], hear, run);
}

void
run_stop(struct run *run)
{
	(void)kill(run->pid, SIGTERM);
	(void)fcntl(run->feed.fd, F_SETFL, 0);
	while (feed_read(&run->feed, run->take, run->arg))
		;
	end(run);
}
