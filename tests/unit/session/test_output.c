/* Property 20: full, closed and stopped outputs; and how they are opened. */
#include <fcntl.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "common/base/clock.h"
#include "listener/session/output.h"
#include "tests/unit/listener.h"

#define BIG 400000           /* bytes; more than a pipe holds */
#define SOON_MS 150          /* a deadline that the test reaches */
#define LATE_MS UNIT_LATE_MS /* a deadline that the test never reaches */

static struct output output;
static int saved = -1;
static int ends[2] = {-1, -1}; /* of the pipe or socket that is stdout */
static char page[BIG];

/* Saves standard output, so that a test can replace it. */
static void
setup(void)
{
	(void)signal(SIGPIPE, SIG_IGN);
	(void)fflush(stdout);
	saved = dup(STDOUT_FILENO);
	ck_assert_int_ne(saved, -1);
	ends[0] = ends[1] = -1;
	for (size_t i = 0; i < BIG; i++)
		page[i] = (char)('!' + i % 89);
}

static void
close_both(void)
{
	for (int i = 0; i < 2; i++) {
		if (ends[i] != -1)
			(void)close(ends[i]);
		ends[i] = -1;
	}
}

static void
teardown(void)
{
	(void)dup2(saved, STDOUT_FILENO);
	(void)close(saved);
	if (output.own)
		(void)close(output.fd);
	close_both();
}

/* Makes fd standard output and opens the output. */
static void
open_on(int fd)
{
	ck_assert_int_ne(fd, -1);
	ck_assert_int_eq(dup2(fd, STDOUT_FILENO), STDOUT_FILENO);
	ck_assert_int_eq(output_open(&output), 0);
}

/*
 * Opens the output on a pipe; only standard output and the output write to it.
 */
static void
open_on_pipe(void)
{
	ck_assert_int_eq(pipe(ends), 0);
	open_on(ends[1]);
	(void)close(ends[1]);
	ends[1] = -1;
}

static void
open_on_socket(void)
{
	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
	open_on(ends[1]);
	(void)close(ends[1]);
	ends[1] = -1;
}

/* As if /proc could not reopen it: shared and blocking. */
static void
share(void)
{
	ck_assert(output.own);
	(void)close(output.fd);
	output.fd = STDOUT_FILENO;
	output.own = false;
}

static int
flags_of(int fd)
{
	int flags = fcntl(fd, F_GETFL);

	ck_assert_int_ne(flags, -1);
	return flags;
}

START_TEST(a_pipe_is_opened_anew_for_writing_without_waiting)
{
	int before;

	ck_assert_int_eq(pipe(ends), 0);
	before = flags_of(ends[1]);
	open_on(ends[1]);
	ck_assert(output.own && output.pipe);
	ck_assert(!output.terminal && !output.file);
	ck_assert_int_ne(output.fd, STDOUT_FILENO);
	ck_assert_int_eq(flags_of(output.fd) & O_ACCMODE, O_WRONLY);
	ck_assert_int_ne(flags_of(output.fd) & O_NONBLOCK, 0);
	ck_assert_int_ne(fcntl(output.fd, F_GETFD) & FD_CLOEXEC, 0);
	ck_assert_int_eq(flags_of(ends[1]), before);
	ck_assert_int_eq(flags_of(STDOUT_FILENO), before);
}
END_TEST

START_TEST(p14_a_pipe_for_both_ways_is_only_written_to)
{
	char path[32], byte;
	int both;

	ck_assert_int_eq(pipe(ends), 0);
	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", ends[1]);
	both = open(path, O_RDWR);
	open_on(both);
	ck_assert_int_eq(flags_of(STDOUT_FILENO) & O_ACCMODE, O_RDWR);
	ck_assert_int_eq(write(both, "x", 1), 1);
	ck_assert_int_eq(read(output.fd, &byte, 1), -1);
	ck_assert_int_eq(errno, EBADF);
	(void)close(both);
}
END_TEST

/* Returns the slave of a new terminal; ends[0] is its master. */
static int
new_terminal(void)
{
	ends[0] = posix_openpt(O_RDWR | O_NOCTTY);
	ck_assert_int_ne(ends[0], -1);
	ck_assert(grantpt(ends[0]) == 0 && unlockpt(ends[0]) == 0);
	return open(ptsname(ends[0]), O_RDWR | O_NOCTTY);
}

START_TEST(p14_a_terminal_is_only_written_to)
{
	int terminal = new_terminal(), before = flags_of(terminal);
	char byte;

	open_on(terminal);
	ck_assert(output.own && output.terminal);
	ck_assert(!output.pipe && !output.file);
	ck_assert_int_eq(flags_of(output.fd) & O_ACCMODE, O_WRONLY);
	ck_assert_int_ne(flags_of(output.fd) & O_NONBLOCK, 0);
	ck_assert_int_eq(flags_of(STDOUT_FILENO), before);
	ck_assert_int_eq(write(ends[0], "x\n", 2), 2);
	ck_assert_int_eq(read(output.fd, &byte, 1), -1);
	ck_assert_int_eq(errno, EBADF);
	(void)close(terminal);
}
END_TEST

START_TEST(a_terminal_says_how_wide_it_is_now)
{
	struct winsize size = {.ws_row = 24, .ws_col = 100};
	int terminal = new_terminal();

	open_on(terminal);
	ck_assert_int_eq(ioctl(ends[0], TIOCSWINSZ, &size), 0);
	ck_assert_uint_eq(output_columns(&output), 100);
	size.ws_col = 33;
	ck_assert_int_eq(ioctl(ends[0], TIOCSWINSZ, &size), 0);
	ck_assert_uint_eq(output_columns(&output), 33);
	(void)close(terminal);
}
END_TEST

START_TEST(what_is_no_terminal_has_no_width)
{
	open_on_pipe();
	ck_assert_uint_eq(output_columns(&output), 0);
}
END_TEST

START_TEST(a_file_is_used_as_it_is)
{
	char path[] = "/tmp/test_output.XXXXXX";
	int fd = mkstemp(path);

	(void)unlink(path);
	open_on(fd);
	ck_assert(output.file);
	ck_assert(!output.own && !output.pipe && !output.terminal);
	ck_assert_int_eq(output.fd, STDOUT_FILENO);
	(void)close(fd);
}
END_TEST

START_TEST(a_socket_is_watched_as_a_pipe_is)
{
	open_on_socket();
	ck_assert(output.pipe);
	ck_assert(!output.own && !output.file && !output.terminal);
	ck_assert_int_eq(flags_of(STDOUT_FILENO) & O_NONBLOCK, 0);
}
END_TEST

START_TEST(a_device_is_used_as_it_is)
{
	int fd = open("/dev/null", O_WRONLY);

	open_on(fd);
	ck_assert(!output.own && !output.pipe && !output.terminal);
	ck_assert(!output.file);
	(void)close(fd);
}
END_TEST

START_TEST(no_output_is_an_error)
{
	(void)close(STDOUT_FILENO);
	ck_assert_int_eq(output_open(&output), CHAT_EIO);
	ck_assert_int_eq(errno, EBADF);
	output.own = false;
}
END_TEST

/* Writes the page. *written is how many bytes were written. */
static int
put(size_t len, int64_t ms, size_t *written)
{
	*written = BIG + 1;
	return output_write(&output, page, len, clock_now_ms() + ms, written);
}

/* Expects that exactly the first len bytes of the page can be read. */
static void
expect_page(size_t len)
{
	static char got[BIG + 1];
	size_t n = 0;
	ssize_t more;

	ck_assert_int_eq(fcntl(ends[0], F_SETFL, O_NONBLOCK), 0);
	while (n < sizeof(got) &&
	    (more = read(ends[0], got + n, sizeof(got) - n)) > 0)
		n += (size_t)more;
	ck_assert_uint_eq(n, len);
	ck_assert(memcmp(got, page, len) == 0);
}

/* Nobody reads: expects the deadline, and the right number of bytes. */
static void
expect_deadline(void)
{
	int64_t start = clock_now_ms();
	size_t written;

	ck_assert_int_eq(put(BIG, SOON_MS, &written), CHAT_EDEADLINE);
	ck_assert_int_ge(clock_now_ms() - start, SOON_MS);
	ck_assert_uint_gt(written, 0);
	ck_assert_uint_lt(written, BIG);
	expect_page(written);
}

START_TEST(p20_a_pipe_that_nobody_reads_meets_the_deadline)
{
	open_on_pipe();
	expect_deadline();
}
END_TEST

START_TEST(p20_a_shared_pipe_that_nobody_reads_meets_the_deadline)
{
	open_on_pipe();
	share();
	ck_assert_int_eq(flags_of(STDOUT_FILENO) & O_NONBLOCK, 0);
	expect_deadline();
}
END_TEST

START_TEST(p20_a_socket_that_nobody_reads_meets_the_deadline)
{
	open_on_socket();
	expect_deadline();
}
END_TEST

START_TEST(p20_a_terminal_that_nobody_reads_meets_the_deadline)
{
	int terminal = new_terminal();
	size_t written;

	open_on(terminal);
	ck_assert_int_eq(put(BIG, SOON_MS, &written), CHAT_EDEADLINE);
	ck_assert_uint_lt(written, BIG);
	(void)close(terminal);
}
END_TEST

START_TEST(p20_a_full_pipe_takes_nothing)
{
	size_t written;

	open_on_pipe();
	expect_deadline();
	ck_assert_int_eq(put(BIG, SOON_MS, &written), CHAT_EDEADLINE);
	ck_assert_int_eq(put(1, SOON_MS, &written), CHAT_EDEADLINE);
	ck_assert_uint_eq(written, 0);
	share();
	ck_assert_int_eq(put(1, SOON_MS, &written), CHAT_EDEADLINE);
	ck_assert_uint_eq(written, 0);
}
END_TEST

/* A pipe in packet mode shows separate writes. */
static void
expect_one_write(size_t len)
{
	char got[PIPE_BUF + 1];
	size_t written;

	ck_assert_int_eq(put(len, LATE_MS, &written), 0);
	ck_assert_uint_eq(written, len);
	ck_assert_int_eq(read(ends[0], got, sizeof(got)), (ssize_t)len);
}

START_TEST(a_message_is_one_write)
{
	open_on_pipe();
	ck_assert_int_eq(fcntl(output.fd, F_SETFL, O_DIRECT | O_NONBLOCK), 0);
	expect_one_write(PIPE_BUF);
	share();
	ck_assert_int_eq(fcntl(output.fd, F_SETFL, O_DIRECT), 0);
	expect_one_write(PIPE_BUF);
}
END_TEST

/* Reads the whole page slowly, and checks it. */
static void
read_slowly(void)
{
	char bytes[777];
	size_t at = 0;
	ssize_t n;

	(void)dup2(saved, STDOUT_FILENO); /* must not be a writer of it */
	if (output.own)
		(void)close(output.fd);
	while ((n = read(ends[0], bytes, sizeof(bytes))) > 0) {
		if (at + (size_t)n > BIG ||
		    memcmp(bytes, page + at, (size_t)n) != 0)
			_exit(1);
		at += (size_t)n;
	}
	_exit(at == BIG ? 0 : 2);
}

static void
expect_whole(void)
{
	size_t written;
	int status;
	pid_t reader = fork();

	if (reader == 0)
		read_slowly();
	ck_assert_int_eq(put(BIG, LATE_MS, &written), 0);
	ck_assert_uint_eq(written, BIG);
	if (output.own)
		(void)close(output.fd);
	output.own = false;
	(void)dup2(saved, STDOUT_FILENO);
	ck_assert_int_eq(waitpid(reader, &status, 0), reader);
	ck_assert_int_eq(status, 0);
}

START_TEST(a_slow_reader_gets_all_of_it)
{
	open_on_pipe();
	expect_whole();
}
END_TEST

START_TEST(a_slow_reader_of_a_shared_pipe_gets_all_of_it)
{
	open_on_pipe();
	share();
	expect_whole();
}
END_TEST

START_TEST(a_slow_reader_of_a_socket_gets_all_of_it)
{
	open_on_socket();
	expect_whole();
}
END_TEST

static void
expect_closed(void)
{
	size_t written;

	(void)close(ends[0]);
	ends[0] = -1;
	ck_assert_int_eq(put(100, LATE_MS, &written), CHAT_ECLOSED);
	ck_assert_uint_eq(written, 0);
}

START_TEST(p20_a_closed_pipe_says_so)
{
	open_on_pipe();
	expect_closed();
	share();
	expect_closed();
}
END_TEST

START_TEST(p20_a_closed_socket_says_so)
{
	open_on_socket();
	expect_closed();
}
END_TEST

START_TEST(p20_a_pipe_closed_before_it_is_opened_says_so)
{
	size_t written;

	ck_assert_int_eq(pipe(ends), 0);
	(void)close(ends[0]);
	ends[0] = -1;
	open_on(ends[1]);
	ck_assert_int_eq(put(100, LATE_MS, &written), CHAT_ECLOSED);
	ck_assert_uint_eq(written, 0);
}
END_TEST

/* Reads 1,000 bytes and closes, while the writer waits. */
static void
read_some_and_go(void)
{
	char bytes[1000];
	ssize_t n = read(ends[0], bytes, sizeof(bytes));

	_exit(n == (ssize_t)sizeof(bytes) ? 0 : 1);
}

START_TEST(p20_a_reader_that_goes_in_the_middle_is_counted)
{
	size_t written;
	int status;
	pid_t reader;

	open_on_pipe();
	reader = fork();
	if (reader == 0)
		read_some_and_go();
	(void)close(ends[0]);
	ends[0] = -1;
	ck_assert_int_eq(put(BIG, LATE_MS, &written), CHAT_ECLOSED);
	ck_assert_uint_gt(written, 0);
	ck_assert_uint_lt(written, BIG);
	ck_assert_int_eq(waitpid(reader, &status, 0), reader);
	ck_assert_int_eq(status, 0);
}
END_TEST

START_TEST(p20_a_full_device_says_so)
{
	int full = open("/dev/full", O_WRONLY);
	size_t written;

	open_on(full);
	ck_assert_int_eq(put(100, LATE_MS, &written), CHAT_EIO);
	ck_assert_int_eq(errno, ENOSPC);
	ck_assert_uint_eq(written, 0);
	(void)close(full);
}
END_TEST

/* If a disk accepts only a part, the written bytes are counted. */
START_TEST(p20_a_file_that_takes_a_part_is_counted)
{
	const struct rlimit limit = {1000, 1000};
	char path[] = "/tmp/test_output.XXXXXX";
	int fd = mkstemp(path);
	struct stat st;
	size_t written;

	(void)unlink(path);
	open_on(fd);
	(void)signal(SIGXFSZ, SIG_IGN);
	ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
	ck_assert_int_eq(put(4000, LATE_MS, &written), CHAT_EIO);
	ck_assert_int_eq(errno, EFBIG);
	ck_assert_uint_eq(written, 1000);
	ck_assert_int_eq(fstat(fd, &st), 0);
	ck_assert_int_eq(st.st_size, 1000);
	(void)close(fd);
}
END_TEST

START_TEST(a_deadline_that_has_passed_leaves_a_shared_pipe_alone)
{
	size_t written;

	open_on_pipe();
	share();
	ck_assert_int_eq(put(100, -1, &written), CHAT_EDEADLINE);
	ck_assert_uint_eq(written, 0);
	expect_page(0);
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = {
	    a_pipe_is_opened_anew_for_writing_without_waiting,
	    p14_a_pipe_for_both_ways_is_only_written_to,
	    p14_a_terminal_is_only_written_to,
	    a_terminal_says_how_wide_it_is_now,
	    what_is_no_terminal_has_no_width,
	    a_file_is_used_as_it_is,
	    a_socket_is_watched_as_a_pipe_is,
	    a_device_is_used_as_it_is,
	    no_output_is_an_error,
	    p20_a_pipe_that_nobody_reads_meets_the_deadline,
	    p20_a_shared_pipe_that_nobody_reads_meets_the_deadline,
	    p20_a_socket_that_nobody_reads_meets_the_deadline,
	    p20_a_terminal_that_nobody_reads_meets_the_deadline,
	    p20_a_full_pipe_takes_nothing,
	    a_message_is_one_write,
	    a_slow_reader_gets_all_of_it,
	    a_slow_reader_of_a_shared_pipe_gets_all_of_it,
	    a_slow_reader_of_a_socket_gets_all_of_it,
	    p20_a_closed_pipe_says_so,
	    p20_a_closed_socket_says_so,
	    p20_a_pipe_closed_before_it_is_opened_says_so,
	    p20_a_reader_that_goes_in_the_middle_is_counted,
	    p20_a_full_device_says_so,
	    p20_a_file_that_takes_a_part_is_counted,
	    a_deadline_that_has_passed_leaves_a_shared_pipe_alone,
	};

	return unit_run(&(struct unit){
	    "listener output", tests, COUNT(tests), setup, teardown});
}
