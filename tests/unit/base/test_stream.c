/*
 * Lines over a connection: limits, deadlines, ends, and bytes after the line.
 */
#include <fcntl.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/base/clock.h"
#include "common/base/error.h"
#include "common/base/stream.h"
#include "tests/unit/unit.h"

#define SOON_MS 30               /* a deadline that the test reaches */
#define PATIENCE_MS UNIT_LATE_MS /* a deadline that the test never reaches */

static int ours = -1, theirs = -1; /* the two ends of a connection */
static struct line line;
static char big[4 * LIMIT_TEXT_FRAME];

static void
setup(void)
{
	int ends[2];

	ck_assert_ptr_ne(signal(SIGPIPE, SIG_IGN), SIG_ERR);
	ck_assert_int_eq(
	    socketpair(
		AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends),
	    0);
	ours = ends[0];
	theirs = ends[1];
}

static void
hang_up(int *fd)
{
	if (*fd != -1)
		ck_assert_int_eq(close(*fd), 0);
	*fd = -1;
}

static void
teardown(void)
{
	hang_up(&ours);
	hang_up(&theirs);
}

/* Sends bytes; the connection has room for them. */
static void
send_bytes(const char *bytes, size_t len)
{
	ck_assert_int_eq(write(theirs, bytes, len), (ssize_t)len);
}

static int
read_line(size_t limit)
{
	memset(&line, 0xee, sizeof(line));
	return stream_read(ours, &line, limit, clock_now_ms() + PATIENCE_MS);
}

static void
expect_line(const char *bytes, size_t len)
{
	ck_assert_uint_eq(line.len, len);
	ck_assert_mem_eq(line.bytes, bytes, len);
}

START_TEST(the_clock_goes_forward)
{
	int64_t before = clock_now_ms(), now;

	ck_assert_int_gt(before, 0);
	for (int i = 0; i < 10000; i++) {
		now = clock_now_ms();
		ck_assert_int_ge(now, before);
		before = now;
	}
}
END_TEST

START_TEST(a_line_is_read_with_its_lf)
{
	send_bytes("hello\n", 6);
	ck_assert_int_eq(read_line(LIMIT_FRAME), 0);
	expect_line("hello\n", 6);
	send_bytes("\n", 1);
	ck_assert_int_eq(read_line(LIMIT_FRAME), 0);
	expect_line("\n", 1);
}
END_TEST

START_TEST(every_byte_but_lf_may_be_in_a_line)
{
	char bytes[256];
	size_t len = 0;

	for (int c = 0; c < 256; c++)
		if (c != '\n')
			bytes[len++] = (char)c;
	bytes[len++] = '\n';
	send_bytes(bytes, len);
	ck_assert_int_eq(read_line(LIMIT_FRAME), 0);
	expect_line(bytes, len);
}
END_TEST

START_TEST(p11_a_line_of_the_limit_is_read)
{
	static const size_t limits[] = {1, 2, 100, LIMIT_FRAME};

	for (size_t i = 0; i < COUNT(limits); i++) {
		memset(big, 'a', limits[i]);
		big[limits[i] - 1] = '\n';
		send_bytes(big, limits[i]);
		ck_assert_int_eq(read_line(limits[i]), 0);
		expect_line(big, limits[i]);
	}
}
END_TEST

/* One byte more than the limit, with and without its LF. */
START_TEST(p11_a_line_over_the_limit_is_too_long)
{
	static const size_t limits[] = {1, 2, 100, LIMIT_FRAME};

	for (size_t i = 0; i < COUNT(limits); i++)
		for (size_t over = 0; over < 3; over++) {
			memset(big, 'a', limits[i] + over);
			if (over > 0)
				big[limits[i] + over - 1] = '\n';
			send_bytes(big, limits[i] + over);
			ck_assert_int_eq(read_line(limits[i]), CHAT_ETOOLONG);
			teardown();
			setup();
		}
}
END_TEST

/* One byte more may be read, but nothing after it. */
START_TEST(p11_nothing_is_written_behind_the_limit)
{
	memset(big, 'a', 2000);
	send_bytes(big, 2000);
	ck_assert_int_eq(read_line(LIMIT_FRAME), CHAT_ETOOLONG);
	for (size_t i = LIMIT_FRAME + 1; i < sizeof(line.bytes); i++)
		ck_assert_uint_eq((uint8_t)line.bytes[i], 0xee);
}
END_TEST

START_TEST(bytes_behind_the_lf_are_an_offence)
{
	static const char *const bad[] = {
	    "hello\nx", "hello\n\n", "hello\nworld\n", "\n\n", "\nx"};

	for (size_t i = 0; i < COUNT(bad); i++) {
		send_bytes(bad[i], strlen(bad[i]));
		ck_assert_int_eq(read_line(LIMIT_FRAME), CHAT_EMALFORMED);
		teardown();
		setup();
	}
}
END_TEST

/*
 * Bytes after a line of maximum length are not read, so they are not noticed.
 * They are not lost either: the next read starts with them.
 */
START_TEST(p11_bytes_behind_a_line_of_the_limit_are_not_lost)
{
	int error;

	memset(big, 'a', 101);
	big[99] = '\n';
	send_bytes(big, 101);
	error = read_line(100);
	if (error != CHAT_EMALFORMED) {
		ck_assert_int_eq(error, 0);
		send_bytes("b\n", 2);
		ck_assert_int_eq(read_line(100), 0);
		expect_line("ab\n", 3);
	}
}
END_TEST

START_TEST(p18_a_line_in_pieces_is_read)
{
	if (fork() == 0) {
		for (const char *c = "hello, alice\n"; *c != '\0'; c++)
			while (write(theirs, c, 1) != 1)
				;
		_exit(0);
	}
	ck_assert_int_eq(read_line(LIMIT_FRAME), 0);
	expect_line("hello, alice\n", 13);
	ck_assert_int_gt(wait(NULL), 0);
}
END_TEST

/* The longest line does not fit into a socket, so a child sends it. */
START_TEST(p11_the_longest_line_travels)
{
	size_t written;
	int status;

	memset(big, 'b', LIMIT_TEXT_FRAME);
	big[LIMIT_TEXT_FRAME - 1] = '\n';
	ck_assert_int_eq(setsockopt(theirs, SOL_SOCKET, SO_SNDBUF, &(int){4096},
			     sizeof(int)),
	    0);
	if (fork() == 0)
		_exit(stream_write(theirs, big, LIMIT_TEXT_FRAME,
			  clock_now_ms() + PATIENCE_MS, &written) == 0 &&
			    written == LIMIT_TEXT_FRAME
			? 0
			: 1);
	ck_assert_int_eq(read_line(LIMIT_TEXT_FRAME), 0);
	expect_line(big, LIMIT_TEXT_FRAME);
	ck_assert_int_gt(wait(&status), 0);
	ck_assert_int_eq(status, 0);
}
END_TEST

START_TEST(p21_a_closed_connection_says_what_came_before)
{
	send_bytes("hel", 3);
	hang_up(&theirs);
	ck_assert_int_eq(read_line(LIMIT_FRAME), CHAT_ECLOSED);
	expect_line("hel", 3);
	teardown();
	setup();
	hang_up(&theirs);
	ck_assert_int_eq(read_line(LIMIT_FRAME), CHAT_ECLOSED);
	ck_assert_uint_eq(line.len, 0);
}
END_TEST

START_TEST(p21_a_line_before_the_end_is_read)
{
	send_bytes("hello\n", 6);
	hang_up(&theirs);
	ck_assert_int_eq(read_line(LIMIT_FRAME), 0);
	expect_line("hello\n", 6);
	ck_assert_int_eq(read_line(LIMIT_FRAME), CHAT_ECLOSED);
}
END_TEST

/* The peer closes with our bytes unread: ECONNRESET counts as closed. */
START_TEST(p21_a_reset_connection_is_closed)
{
	ck_assert_int_eq(write(ours, "x", 1), 1);
	hang_up(&theirs);
	ck_assert_int_eq(read_line(LIMIT_FRAME), CHAT_ECLOSED);
}
END_TEST

/* Waits for a line that never comes. Returns how long it waited. */
static int64_t
wait_in_vain(int *error)
{
	int64_t start = clock_now_ms();

	*error = stream_read(ours, &line, LIMIT_FRAME, start + SOON_MS);
	return clock_now_ms() - start;
}

START_TEST(p18_reading_ends_at_the_deadline)
{
	int error;

	ck_assert_int_ge(wait_in_vain(&error), SOON_MS);
	ck_assert_int_eq(error, CHAT_EDEADLINE);
	send_bytes("half a line", 11);
	ck_assert_int_ge(wait_in_vain(&error), SOON_MS);
	ck_assert_int_eq(error, CHAT_EDEADLINE);
}
END_TEST

START_TEST(p18_a_deadline_that_passed_is_over_at_once)
{
	send_bytes("hello\n", 6);
	ck_assert_int_eq(
	    stream_read(ours, &line, LIMIT_FRAME, clock_now_ms() - 1),
	    CHAT_EDEADLINE);
	ck_assert_int_eq(
	    stream_read(ours, &line, LIMIT_FRAME, 0), CHAT_EDEADLINE);
	ck_assert_int_eq(read_line(LIMIT_FRAME), 0);
}
END_TEST

static volatile sig_atomic_t dripping; /* each alarm also sends a byte */
static volatile sig_atomic_t dripped;  /* how many were sent */

static void
on_alarm(int number)
{
	(void)number;
	if (dripping && write(theirs, "a", 1) == 1)
		dripped++;
}

/* Interrupts every waiting call by an alarm, each millisecond. */
static void
alarms(bool on)
{
	const struct sigaction action = {.sa_handler = on_alarm};
	const struct itimerval every = {{0, on ? 1000 : 0}, {0, on ? 1000 : 0}};

	ck_assert_int_eq(sigaction(SIGALRM, &action, NULL), 0);
	ck_assert_int_eq(setitimer(ITIMER_REAL, &every, NULL), 0);
}

START_TEST(p18_signals_neither_end_nor_prolong_the_wait)
{
	int64_t took;
	int error;

	alarms(true);
	took = wait_in_vain(&error);
	alarms(false);
	ck_assert_int_eq(error, CHAT_EDEADLINE);
	ck_assert_int_ge(took, SOON_MS);
	ck_assert_uint_eq(line.len, 0);
}
END_TEST

/* Single bytes do not extend the deadline. */
START_TEST(p18_a_slow_peer_is_cut_at_the_deadline)
{
	int64_t took;
	int error;

	dripping = 1;
	alarms(true);
	took = wait_in_vain(&error);
	alarms(false);
	ck_assert_int_eq(error, CHAT_EDEADLINE);
	ck_assert_int_ge(took, SOON_MS);
	ck_assert_int_gt(dripped, 0); /* on a loaded machine, few are read */
}
END_TEST

/* A deadline in the far future does not overflow the argument of poll(2). */
START_TEST(p11_a_deadline_may_be_far)
{
	send_bytes("hello\n", 6);
	ck_assert_int_eq(stream_read(ours, &line, LIMIT_FRAME, INT64_MAX), 0);
	expect_line("hello\n", 6);
	ck_assert_int_eq(stream_write(ours, "x", 1, INT64_MAX, NULL), 0);
}
END_TEST

START_TEST(what_is_no_connection_fails)
{
	int ends[2];

	ck_assert_int_eq(pipe2(ends, O_NONBLOCK | O_CLOEXEC), 0);
	hang_up(&ours);
	ours = ends[1]; /* nobody reads from this pipe */
	ck_assert_int_eq(close(ends[0]), 0);
	ck_assert_int_eq(read_line(LIMIT_FRAME), CHAT_EIO);
}
END_TEST

START_TEST(bytes_are_written)
{
	size_t written = 99;
	char bytes[16];

	ck_assert_int_eq(stream_write(ours, "hello\n", 6,
			     clock_now_ms() + PATIENCE_MS, &written),
	    0);
	ck_assert_uint_eq(written, 6);
	ck_assert_int_eq(read(theirs, bytes, sizeof(bytes)), 6);
	ck_assert_mem_eq(bytes, "hello\n", 6);
	ck_assert_int_eq(stream_write(ours, "", 0, 0, &written), 0);
	ck_assert_uint_eq(written, 0);
	ck_assert_int_eq(
	    stream_write(ours, "x", 1, clock_now_ms() + PATIENCE_MS, NULL), 0);
}
END_TEST

START_TEST(p21_writing_to_nobody_is_closed)
{
	size_t written = 99;

	hang_up(&theirs);
	ck_assert_int_eq(stream_write(ours, "hello\n", 6,
			     clock_now_ms() + PATIENCE_MS, &written),
	    CHAT_ECLOSED);
	ck_assert_uint_eq(written, 0);
}
END_TEST

/* The peer does not read: as much as fits is written, then the deadline. */
START_TEST(p20_writing_ends_at_the_deadline)
{
	static char huge[1 << 23];
	int64_t start = clock_now_ms();
	size_t written = 0, got = 0;
	ssize_t n;

	ck_assert_int_eq(
	    stream_write(ours, huge, sizeof(huge), start + SOON_MS, &written),
	    CHAT_EDEADLINE);
	ck_assert_int_ge(clock_now_ms() - start, SOON_MS);
	ck_assert_uint_gt(written, 0);
	ck_assert_uint_lt(written, sizeof(huge));
	while ((n = read(theirs, big, sizeof(big))) > 0)
		got += (size_t)n;
	ck_assert_uint_eq(got, written);
}
END_TEST

/* A peer that goes away in the middle. */
START_TEST(p21_writing_to_one_who_leaves_is_closed)
{
	static char huge[1 << 23];
	size_t written = 0;

	if (fork() == 0) {
		(void)close(ours);
		(void)fcntl(theirs, F_SETFL, 0);
		_exit(read(theirs, big, 1) == 1 ? 0 : 1);
	}
	hang_up(&theirs);
	ck_assert_int_eq(stream_write(ours, huge, sizeof(huge),
			     clock_now_ms() + PATIENCE_MS, &written),
	    CHAT_ECLOSED);
	ck_assert_uint_lt(written, sizeof(huge));
	ck_assert_int_gt(wait(NULL), 0);
}
END_TEST

START_TEST(writing_to_what_cannot_be_written_fails)
{
	int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
	size_t written = 99;

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(
	    stream_write(fd, "x", 1, clock_now_ms() + PATIENCE_MS, &written),
	    CHAT_EIO);
	ck_assert_uint_eq(written, 0);
	ck_assert_int_eq(close(fd), 0);
}
END_TEST

/* With /dev/full, success would be a lie. */
START_TEST(p20_a_full_device_fails)
{
	int fd = open("/dev/full", O_WRONLY | O_CLOEXEC);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(
	    stream_write(fd, "x", 1, clock_now_ms() + PATIENCE_MS, NULL),
	    CHAT_EIO);
	ck_assert_int_eq(close(fd), 0);
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = {
	    the_clock_goes_forward,
	    a_line_is_read_with_its_lf,
	    every_byte_but_lf_may_be_in_a_line,
	    p11_a_line_of_the_limit_is_read,
	    p11_a_line_over_the_limit_is_too_long,
	    p11_nothing_is_written_behind_the_limit,
	    bytes_behind_the_lf_are_an_offence,
	    p11_bytes_behind_a_line_of_the_limit_are_not_lost,
	    p18_a_line_in_pieces_is_read,
	    p11_the_longest_line_travels,
	    p21_a_closed_connection_says_what_came_before,
	    p21_a_line_before_the_end_is_read,
	    p21_a_reset_connection_is_closed,
	    p18_reading_ends_at_the_deadline,
	    p18_a_deadline_that_passed_is_over_at_once,
	    p18_signals_neither_end_nor_prolong_the_wait,
	    p18_a_slow_peer_is_cut_at_the_deadline,
	    p11_a_deadline_may_be_far,
	    what_is_no_connection_fails,
	    bytes_are_written,
	    p21_writing_to_nobody_is_closed,
	    p20_writing_ends_at_the_deadline,
	    p21_writing_to_one_who_leaves_is_closed,
	    writing_to_what_cannot_be_written_fails,
	    p20_a_full_device_fails,
	};

	return unit_run(
	    &(struct unit){"stream", tests, COUNT(tests), setup, teardown});
}
