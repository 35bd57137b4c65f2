/*
 * The recorder as a process: what comes together is recorded, and nobody keeps
 * a message from the disk.
 */
#include "listener/recorder/recorder.h"

#include <linux/sockios.h>
#include <poll.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include "tests/unit/visit.h"
#include "tests/unit/vouched.h"

#define PLACES 64
#define MANY 4      /* messages that come together */
#define IDLE 20     /* sessions that make no request */
#define FLOOD 50000 /* more orders than come during any write */
#define WAIT_MS 60000

static struct recorder_config config;
static pid_t recorder;
static int control, recorded;
static int ends[PLACES]; /* of sessions, by their number */

static void
setup(void)
{
	struct recorder_log log;
	int pipe[2], fd;
	const char *what;

	log_setup();
	fd = log_file(LOG_NAME);
	config = (struct recorder_config){.path = LOG_NAME,
	    .quiet = true,
	    .places = PLACES,
	    .suite = &log_suite};
	ck_assert_int_eq(privdrop_prepare(&config.jail, &what), 0);
	ck_assert_int_eq(ticket_open_pipe(pipe), 0);
	config.ticket_pipe = pipe[0];
	recorder = recorder_start(&config, &control, &recorded);
	ck_assert_int_ne(recorder, -1);
	ck_assert_int_eq(recorder_pass(control, fd, NULL, 0), 0);
	ck_assert_int_eq(recorder_opened(control, &log), 0);
	ck_assert_int_eq(log.error, 0);
	ticket_send_key(pipe[1], vouched_key);
	(void)close(pipe[0]);
	(void)close(fd);
}

static void
teardown(void)
{
	int status;

	(void)close(control);
	ck_assert_int_eq(waitpid(recorder, &status, 0), recorder);
	ck_assert_int_eq(status, 0);
	log_teardown();
}

/* So many sessions come, and the recorder knows them all. */
static void
all_come(size_t count)
{
	int left;

	for (size_t i = 0; i < count; i++)
		ends[i] = visit(control, i);
	do
		ck_assert_int_eq(ioctl(control, SIOCOUTQ, &left), 0);
	while (left > 0);
}

static void
append(size_t number, uint8_t id)
{
	struct {
		struct recorder_ask ask;
		char text[3];
	} out = {vouched_ask(number, RECORDER_APPEND, id), {'o', 'n', 'e'}};

	ck_assert_int_eq(
	    send(ends[number], &out, sizeof(out), 0), (ssize_t)sizeof(out));
}

/*
 * These sessions append while the recorder does not look: it finds all of them.
 */
static void
append_together(size_t from, size_t to)
{
	int status;

	ck_assert_int_eq(kill(recorder, SIGSTOP), 0);
	ck_assert_int_eq(waitpid(recorder, &status, WUNTRACED), recorder);
	for (size_t i = from; i < to; i++)
		append(i, (uint8_t)(1 + i));
	ck_assert_int_eq(kill(recorder, SIGCONT), 0);
}

static bool
can_be_read(int fd, int timeout)
{
	return poll(&(struct pollfd){.fd = fd, .events = POLLIN}, 1, timeout) ==
	    1;
}

static void
expect_recorded(size_t from, size_t to)
{
	struct recorder_reply reply;

	for (size_t i = from; i < to; i++) {
		ck_assert(can_be_read(ends[i], WAIT_MS));
		ck_assert_int_eq(read(ends[i], &reply, sizeof(reply)),
		    (ssize_t)sizeof(reply));
		ck_assert_int_eq(reply.result, RECORDER_RECORDED);
	}
}

/* After messages that came together, one comes alone. */
static void
append_alone(void)
{
	all_come(MANY + 1 + IDLE);
	append_together(0, MANY);
	expect_recorded(0, MANY);
	append(MANY, 1 + MANY);
}

START_TEST(p29_what_comes_together_is_recorded)
{
	uint64_t count = 0, more;

	all_come(PLACES);
	append_together(0, PLACES);
	expect_recorded(0, PLACES);
	for (; count < PLACES; count += more) {
		ck_assert(can_be_read(recorded, WAIT_MS));
		ck_assert_int_eq(
		    read(recorded, &more, sizeof(more)), (ssize_t)sizeof(more));
	}
	ck_assert_uint_eq(count, PLACES);
}
END_TEST

/* They are still there, and could make requests, when the reply comes. */
START_TEST(p17_who_never_asks_keeps_nobody_waiting)
{
	append_alone();
	expect_recorded(MANY, MANY + 1);
}
END_TEST

START_TEST(p17_nor_does_a_flood_of_connections)
{
	size_t i = 0;

	append_alone();
	for (; i < FLOOD && !can_be_read(ends[MANY], 0); i++)
		(void)close(visit(control, PLACES + i));
	ck_assert_uint_lt(i, FLOOD);
	expect_recorded(MANY, MANY + 1);
}
END_TEST

int
main(int argc, char *argv[])
{
	const TTest *const tests[] = {
	    p29_what_comes_together_is_recorded,
	    p17_who_never_asks_keeps_nobody_waiting,
	    p17_nor_does_a_flood_of_connections,
	};

	setproctitle_init(argc, argv, environ);
	return unit_run(
	    &(struct unit){"recorder", tests, COUNT(tests), setup, teardown});
}
