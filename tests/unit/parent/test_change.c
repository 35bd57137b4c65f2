/* Checking the directory's file. */
#include "listener/parent/change.h"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/unit/unit.h"

#define LATER_MS 20000

/* Checks a file that does not exist. Returns the pid of the check, or -1. */
static pid_t
look(int64_t now_ms)
{
	change_look("/proc/self/no such file", "a file", now_ms);
	return waitpid(-1, NULL, 0);
}

static void
setup(void)
{
	int fd = open("/bin/sh", O_RDONLY | O_CLOEXEC);

	change_note(fd);
	(void)close(fd);
}

START_TEST(p34_one_look_at_a_time)
{
	pid_t first = look(LATER_MS);

	ck_assert_int_ne(first, -1);
	ck_assert_int_eq(look(2 * LATER_MS), -1);
	change_ended(first + 1);
	ck_assert_int_eq(look(2 * LATER_MS), -1);
	change_ended(first);
	ck_assert_int_ne(look(2 * LATER_MS), -1);
}
END_TEST

START_TEST(looks_have_a_pause)
{
	pid_t first = look(LATER_MS);

	change_ended(first);
	ck_assert_int_eq(look(LATER_MS + 1), -1);
}
END_TEST

START_TEST(what_is_not_a_file_is_not_looked_at)
{
	int ends[2];

	ck_assert_int_eq(pipe(ends), 0);
	change_note(ends[0]);
	ck_assert_int_eq(look(LATER_MS), -1);
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = {
	    p34_one_look_at_a_time,
	    looks_have_a_pause,
	    what_is_not_a_file_is_not_looked_at,
	};

	return unit_run(&(struct unit){
	    "listener change", tests, COUNT(tests), setup, NULL});
}
