/* What a program has when it starts: standard descriptors, environment. */
#include <fcntl.h>
#include <unistd.h>

#include "common/base/descriptors.h"
#include "common/base/environment.h"
#include "tests/unit/unit.h"

#define COMBINATIONS 8 /* the three standard descriptors, open or closed */

/* libcheck reports through a pipe and runs each test in its own process. */
START_TEST(closed_descriptors_are_filled)
{
	char byte;
	int fd;

	for (fd = 0; fd <= STDERR_FILENO; fd++) {
		int null = open("/dev/null", O_RDWR);

		ck_assert_int_eq(dup2(null, fd), fd);
		(void)close(null);
	}
	for (fd = 0; fd <= STDERR_FILENO; fd++)
		if ((_i & 1 << fd) != 0)
			(void)close(fd);
	ck_assert_int_eq(descriptors_fill(), 0);
	for (fd = 0; fd <= STDERR_FILENO; fd++)
		ck_assert_int_ne(fcntl(fd, F_GETFD), -1);
	fd = open("/dev/null", O_RDONLY);
	ck_assert_int_gt(fd, STDERR_FILENO);

	ck_assert_int_eq(descriptors_can_read(STDIN_FILENO), (_i & 1) == 0);
	ck_assert_int_eq(read(STDIN_FILENO, &byte, 1), (_i & 1) == 0 ? 0 : -1);
	ck_assert_int_eq(descriptors_can_write(STDOUT_FILENO), (_i & 2) == 0);
	ck_assert_int_eq(write(STDOUT_FILENO, "x", 1), (_i & 2) == 0 ? 1 : -1);
	ck_assert_int_eq(write(STDERR_FILENO, "x", 1), 1);
}
END_TEST

START_TEST(what_is_open_may_still_be_of_no_use)
{
	int fd = open("/dev/null", O_RDONLY);

	ck_assert(descriptors_can_read(fd) && !descriptors_can_write(fd));
	(void)close(fd);
	ck_assert(!descriptors_can_read(fd) && !descriptors_can_write(fd));
	fd = open("/dev/null", O_WRONLY);
	ck_assert(!descriptors_can_read(fd) && descriptors_can_write(fd));
}
END_TEST

START_TEST(p33_a_forgotten_environment_is_wiped)
{
	static char secret[] = "SECRET=one", near[] = "TZZ=no", kept[] = "TZ=x",
		    empty[] = "";
	static char *variables[] = {secret, near, kept, empty, NULL};
	static const char *const names[] = {"TZ=", "LANG=", NULL};

	environ = variables;
	environment_forget(names);
	ck_assert_ptr_eq(environ[0], kept);
	ck_assert_ptr_null(environ[1]);
	ck_assert_str_eq(kept, "TZ=x");
	for (size_t i = 0; i < sizeof(secret); i++)
		ck_assert_int_eq(secret[i], 0);
	for (size_t i = 0; i < sizeof(near); i++)
		ck_assert_int_eq(near[i], 0);
	environment_forget((const char *const[]){NULL});
	ck_assert_ptr_null(environ[0]);
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = {
	    what_is_open_may_still_be_of_no_use,
	    p33_a_forgotten_environment_is_wiped,
	};
	const struct unit unit = {"start", tests, COUNT(tests), NULL, NULL};
	Suite *suite = suite_create("start");
	TCase *tc = unit_case(&unit);

	tcase_add_loop_test(tc, closed_descriptors_are_filled, 0, COMBINATIONS);
	suite_add_tcase(suite, tc);
	return unit_run_suite(suite);
}
