/*
 * Runs a program so many times, so many at once. Prints "WALL CPU STATUS" for
 * each run, microseconds and exit status, and at the end "total WALL". The time
 * of a run is from before the fork to after the wait. Standard input is a file,
 * standard output is discarded. usage: spawn COUNT AT_ONCE INPUT PROGRAM
 * [ARGUMENT ...]
 */
#include <err.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define MOST_AT_ONCE 1024

extern char **environ;

static struct job {
	pid_t pid;
	double start_us;
} runs[MOST_AT_ONCE];

static double
now_us(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec * 1e6 + (double)now.tv_nsec / 1e3;
}

static double
cpu_us(const struct rusage *usage)
{
	return (double)(usage->ru_utime.tv_sec + usage->ru_stime.tv_sec) * 1e6 +
	    (double)(usage->ru_utime.tv_usec + usage->ru_stime.tv_usec);
}

static void
start(struct job *run, const posix_spawn_file_actions_t *actions, char *argv[])
{
	run->start_us = now_us();
	if (posix_spawnp(&run->pid, argv[0], actions, NULL, argv, environ) != 0)
		err(1, "%s", argv[0]);
}

/* Waits for one run to end. Returns its place. */
static struct job *
finish(void)
{
	struct rusage usage;
	struct job *run = runs;
	int status;
	pid_t pid = wait4(-1, &status, 0, &usage);
	double end_us = now_us();

	if (pid == -1)
		err(1, "wait4");
	while (run->pid != pid)
		run++;
	(void)printf("%.1f %.1f %d\n", end_us - run->start_us, cpu_us(&usage),
	    WIFEXITED(status) ? WEXITSTATUS(status) : -1);
	return run;
}

int
main(int argc, char *argv[])
{
	posix_spawn_file_actions_t actions;
	int count = argc > 4 ? atoi(argv[1]) : 0, left = count;
	int at_once = argc > 4 ? atoi(argv[2]) : 0;
	double start_us = now_us();

	if (count < 1 || at_once < 1 || at_once > MOST_AT_ONCE)
		errx(1, "usage: spawn COUNT AT_ONCE INPUT PROGRAM [ARGUMENT]");
	if (posix_spawn_file_actions_init(&actions) != 0 ||
	    posix_spawn_file_actions_addopen(
		&actions, STDIN_FILENO, argv[3], O_RDONLY, 0) != 0 ||
	    posix_spawn_file_actions_addopen(
		&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0) != 0)
		errx(1, "cannot prepare");
	for (int i = 0; i < at_once && left > 0; i++, left--)
		start(&runs[i], &actions, argv + 4);
	for (int i = 0; i < count; i++) {
		struct job *run = finish();

		run->pid = 0;
		if (left > 0) {
			start(run, &actions, argv + 4);
			left--;
		}
	}
	(void)printf("total %.1f\n", now_us() - start_us);
	(void)posix_spawn_file_actions_destroy(&actions);
	return 0;
}
