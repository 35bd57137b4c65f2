/*
 * A runner in a folder of its own, and sessions that make requests to it.
 */
#ifndef TESTS_UNIT_RUNNING_H
#define TESTS_UNIT_RUNNING_H

#include <dirent.h>
#include <fcntl.h>
#include <sys/wait.h>

#include "common/base/clock.h"
#include "common/base/stream.h"
#include "listener/link/session_runner.h"
#include "listener/link/ticket.h"
#include "listener/runner/runner.h"
#include "tests/unit/listener.h"
#include "tests/unit/visit.h"

#define PATIENCE_MS UNIT_LATE_MS
#define NO_LIMIT_MS (10 * PATIENCE_MS) /* a command never takes that long */
#define SESSIONS 8                     /* at once */
#define SESSION 7                      /* the number of each */

static char home[64]; /* working directory of a test, empty at first */
static pid_t runner;
static int control;
static struct message message;
static struct source source;
static struct suite suite;
static const uint8_t ticket_key[SIZE_HASH] = {1, 2, 3};
static struct ticket_subject
    proven; /* what the keyholder has seen a proof of */

static inline void
run_setup(void)
{
	ck_assert_int_eq(suite_open(&suite), 0);
	(void)strcpy(home, "/tmp/chat-unit.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(home));
	ck_assert_int_eq(chdir(home), 0);
	runner = 0;
	source = source_at("192.0.2.7");
	message = (struct message){.id = {0x01, 0xab, [15] = 0xff},
	    .from = "bob",
	    .to = "alice",
	    .listed = true,
	    .sent = 1767323045,
	    .len = 5,
	    .text = "hello"};
	proven = (struct ticket_subject){.session = SESSION,
	    .from = message.from,
	    .to = message.to,
	    .listed = true,
	    .id = message.id};
}

/* When the parent goes, the runner ends, with all commands. */
static inline void
stop(void)
{
	int status;

	(void)close(control);
	ck_assert_int_eq(waitpid(runner, &status, 0), runner);
	ck_assert(WIFEXITED(status) && WEXITSTATUS(status) == 0);
	runner = 0;
}

static inline void
run_teardown(void)
{
	struct dirent *entry;
	DIR *dir = opendir(home);

	if (runner != 0)
		stop();
	while ((entry = readdir(dir)) != NULL)
		(void)unlinkat(dirfd(dir), entry->d_name, 0);
	(void)closedir(dir);
	(void)rmdir(home);
}

/* Starts a runner, with what every test has in common. */
static inline void
start_with(struct runner_config wanted)
{
	static struct runner_config config;
	int ends[2];

	ck_assert_int_eq(ticket_open_pipe(ends), 0);
	config = wanted;
	config.suite = &suite;
	config.ticket_pipe = ends[0];
	config.errors = STDERR_FILENO;
	config.places = SESSIONS;
	runner = runner_start(&config, &control);
	ck_assert_int_gt(runner, 0);
	(void)close(ends[0]);
	ticket_send_key(ends[1], ticket_key);
}

static inline int
open_session(void)
{
	return visit(control, SESSION);
}

static inline int
ask_for(int channel, int64_t ms)
{
	uint8_t ticket[SIZE_HASH];
	enum runner_result result;
	int error;

	proven.listed = message.listed;
	ck_assert_int_eq(ticket_make(&suite, ticket_key, &proven, ticket), 0);
	error = runner_ask(
	    channel, &message, &source, ticket, clock_now_ms() + ms, &result);

	return error == 0 ? (int)result : error;
}

/* Has the message handled. Returns the result. */
static inline int
handle(void)
{
	int channel = open_session(), result = ask_for(channel, PATIENCE_MS);

	(void)close(channel);
	return result;
}

/* Makes a request and does not wait. */
static inline int
begin(void)
{
	int channel = open_session();

	ck_assert_int_eq(ask_for(channel, 1), CHAT_EUNCONFIRMED);
	return channel;
}

static inline int
result_of(int channel)
{
	uint8_t result = 0;
	int error =
	    stream_take(channel, &result, 1, clock_now_ms() + PATIENCE_MS);

	(void)close(channel);
	return error == 0 ? (int)result : error;
}

static inline size_t
file_bytes(const char *name, char *bytes, size_t size)
{
	int fd = open(name, O_RDONLY);
	ssize_t n;

	ck_assert_msg(fd != -1, "there is no %s", name);
	n = read(fd, bytes, size);
	(void)close(fd);
	ck_assert_int_ge(n, 0);
	return (size_t)n;
}

static inline bool
exists(const char *name)
{
	return access(name, F_OK) == 0;
}

static inline void
wait_for_file(const char *name)
{
	int64_t end = clock_now_ms() + PATIENCE_MS;

	while (!exists(name)) {
		must(clock_now_ms() < end, "no %s", name);
		(void)usleep(1000);
	}
}

/* Whether it has gone, or is a zombie of init. */
static inline bool
is_dead(const char *pid)
{
	char path[64], stat[256] = "";
	const char *state;
	int fd;

	(void)snprintf(path, sizeof(path), "/proc/%d/stat", atoi(pid));
	if ((fd = open(path, O_RDONLY)) == -1)
		return true;
	(void)!read(fd, stat, sizeof(stat) - 1);
	(void)close(fd);
	state = strrchr(stat, ')');
	return state == NULL || state[2] == 'Z';
}

/* Waits for the end of the process whose pid is in a file. */
static inline void
wait_for_death(const char *name)
{
	int64_t end = clock_now_ms() + PATIENCE_MS;
	char pid[32] = "";

	(void)file_bytes(name, pid, sizeof(pid) - 1);
	ck_assert_int_gt(atoi(pid), 1);
	while (!is_dead(pid)) {
		must(clock_now_ms() < end, "process %s lives", pid);
		(void)usleep(1000);
	}
}

/* Returns the bits of such a line of /proc/PID/status. */
static inline unsigned long
signals_of(const char *status, const char *which)
{
	const char *at = strstr(status, which);

	ck_assert_ptr_nonnull(at);
	/* The C library uses 32 and 33 itself; nobody else can set them. */
	return strtoul(at + strlen(which), NULL, 16) & ~0x180000000UL;
}

/* What a shell has to do for expect_clean_start(). */
#define LIST_START "ls /proc/self/fd >fd.$$; cat /proc/self/status >status.$$; "

/* Expects that the shell with that pid got the descriptors 0, 1 and 2, and
 * default signals. */
static inline void
expect_clean_start(int pid)
{
	char name[32], bytes[4096] = "";

	(void)snprintf(name, sizeof(name), "fd.%d", pid);
	(void)file_bytes(name, bytes, sizeof(bytes));
	ck_assert_str_eq(bytes, "0\n1\n2\n3\n"); /* 3 is what ls lists */
	memset(bytes, 0, sizeof(bytes));
	(void)snprintf(name, sizeof(name), "status.%d", pid);
	(void)file_bytes(name, bytes, sizeof(bytes) - 1);
	ck_assert_uint_eq(signals_of(bytes, "SigBlk:"), 0);
	ck_assert_uint_eq(signals_of(bytes, "SigIgn:"), 0);
}

#endif
