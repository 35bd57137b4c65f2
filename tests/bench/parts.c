/*
 * The minimal parts of a session, each measured alone. usage: parts COUNT FILE.
 * Prints "fork MICROSECONDS", "spake2 MICROSECONDS", and for the sync of a line
 * that is appended to the file, "sync MICROSECONDS", each time.
 */
#include <err.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "tests/bench/floor.h"

static double
now_us(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec * 1e6 + (double)now.tv_nsec / 1e3;
}

static void
measure_fork(void)
{
	double start = now_us();
	pid_t pid = fork();

	if (pid == 0)
		_exit(0);
	if (pid == -1 || waitpid(pid, NULL, 0) != pid)
		err(1, "fork");
	(void)printf("fork %.1f\n", now_us() - start);
}

/* Computes w, the share, and the key from a prepared share. */
static void
measure_spake2(const struct suite *suite, const struct spake2 *spake2,
    const struct floor_side *peer)
{
	struct floor_side side;
	uint8_t dhsk[SIZE_HASH];
	double start = now_us();

	if (floor_open(&side, suite, spake2, SPAKE2_B) != 0 ||
	    floor_share(&side) != 0 ||
	    spake2_finish(
		suite, spake2, &side.party, peer->party.share, dhsk) != 0)
		errx(1, "SPAKE2 failed");
	(void)printf("spake2 %.1f\n", now_us() - start);
}

static void
measure_sync(int fd)
{
	static const char line[330]; /* as long as one of the log */
	double start = now_us();

	if (write(fd, line, sizeof(line)) != (ssize_t)sizeof(line) ||
	    fdatasync(fd) != 0)
		err(1, "cannot write");
	(void)printf("sync %.1f\n", now_us() - start);
}

int
main(int argc, char *argv[])
{
	int count = argc == 3 ? atoi(argv[1]) : 0;
	int fd = argc == 3 ? open(argv[2], O_WRONLY | O_CREAT, 0600) : -1;
	struct suite suite;
	struct spake2 *spake2;
	struct floor_side peer;

	/* Line-buffered, so that no child prints lines again. */
	(void)setvbuf(stdout, NULL, _IOLBF, 0);
	if (fd == -1 || suite_open(&suite) != 0 || spake2_open(&spake2) != 0 ||
	    floor_open(&peer, &suite, spake2, SPAKE2_A) != 0 ||
	    floor_share(&peer) != 0)
		errx(1, "cannot start");
	for (int i = 0; i < count; i++) {
		measure_fork();
		measure_spake2(&suite, spake2, &peer);
		measure_sync(fd);
	}
	spake2_close(spake2);
	suite_close(&suite);
	return 0;
}
