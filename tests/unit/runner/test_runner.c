/* The runner: results, what a command gets, limits, what it leaves behind. */
#include "tests/unit/running.h"

#define CHANNELS 8

static int channels[CHANNELS];

static void
start_limited(const char *command, unsigned at_once, int64_t limit_ms)
{
	start_with((struct runner_config){
	    .command = command, .at_once = at_once, .limit_ms = limit_ms});
}

static void
start(const char *command)
{
	start_limited(command, 4, NO_LIMIT_MS);
}

START_TEST(the_exit_status_is_the_result)
{
	static const struct {
		const char *command;
		int result;
	} ends[] = {
	    {"exit 0", RUNNER_HANDLED},
	    {"exit 75", RUNNER_LATER},
	    {"exit 1", RUNNER_FAILED},
	    {"exit 74", RUNNER_FAILED},
	    {"exit 76", RUNNER_FAILED},
	    {"exit 255", RUNNER_FAILED},
	    {"kill -KILL $$", RUNNER_FAILED},
	    {"kill -TERM $$", RUNNER_FAILED},
	    {"kill -PIPE $$", RUNNER_FAILED},
	    {"no-such-command 2>/dev/null", RUNNER_FAILED},
	    {"true; true", RUNNER_HANDLED},
	    {"cat >text", RUNNER_HANDLED},
	};

	for (size_t i = 0; i < COUNT(ends); i++) {
		start(ends[i].command);
		ck_assert_msg(handle() == ends[i].result, "%s: another result",
		    ends[i].command);
		ck_assert_int_eq(handle(), ends[i].result); /* once more */
		stop();
	}
}
END_TEST

START_TEST(its_input_is_the_text_and_nothing_else)
{
	static char bytes[LIMIT_TEXT + 2];
	static const size_t lengths[] = {1, 2, 4096, 65535, LIMIT_TEXT};

	start("cat >text");
	for (size_t i = 0; i < COUNT(lengths); i++) {
		message.len = lengths[i];
		memset(message.text, 'a', message.len);
		message.text[message.len - 1] = '\n';
		message.text[0] = '\x1b';
		ck_assert_int_eq(handle(), RUNNER_HANDLED);
		ck_assert_uint_eq(
		    file_bytes("text", bytes, sizeof(bytes)), lengths[i]);
		ck_assert(memcmp(bytes, message.text, message.len) == 0);
	}
}
END_TEST

/* A file: the command may leave it unread, or read it twice. */
START_TEST(its_input_need_not_be_read)
{
	message.len = LIMIT_TEXT;
	memset(message.text, 'a', message.len);
	start("exec <&-");
	ck_assert_int_eq(handle(), RUNNER_HANDLED);
}
END_TEST

static void
expect_environment(const char *expected, size_t len)
{
	char bytes[1024];
	size_t n;

	ck_assert_int_eq(handle(), RUNNER_HANDLED);
	n = file_bytes("env", bytes, sizeof(bytes));
	ck_assert_uint_eq(n, len);
	ck_assert_mem_eq(bytes, expected, len);
}

START_TEST(its_environment_is_what_it_should_be_and_nothing_else)
{
	static const char known[] = "LANG=C.UTF-8\0"
				    "PATH=/usr/bin:/bin\0"
				    "HOME=/home/alice\0"
				    "CHAT_ID=01ab00000000000000000000000000ff\0"
				    "CHAT_FROM=bob\0"
				    "CHAT_TO=alice\0"
				    "CHAT_LISTED=1\0"
				    "CHAT_SENT=2026-01-02T03:04:05Z\0"
				    "CHAT_ADDRESS=192.0.2.7\0"
				    "CHAT_LINES=1";
	static const char unknown[] =
	    "LANG=C.UTF-8\0"
	    "PATH=/usr/bin:/bin\0"
	    "HOME=/home/alice\0"
	    "CHAT_ID=01ab00000000000000000000000000ff\0"
	    "CHAT_FROM=_"
	    "23456789012345678901234567890123456789012345678901234567890123"
	    "4\0"
	    "CHAT_TO=alice\0"
	    "CHAT_LISTED=0\0"
	    "CHAT_SENT=0000-01-01T00:00:00Z\0"
	    "CHAT_ADDRESS=2001:db8::7\0"
	    "CHAT_LINES=1";

	ck_assert_int_eq(setenv("SECRET", "of the listener", 1), 0);
	ck_assert_int_eq(setenv("PATH", "/usr/bin:/bin", 1), 0);
	ck_assert_int_eq(setenv("HOME", "/home/alice", 1), 0);
	ck_assert_int_eq(setenv("LC_ALL", "C", 1), 0);
	start("cat /proc/$$/environ >env");
	expect_environment(known, sizeof(known));
	(void)memcpy(message.from, unknown + 100, LIMIT_NAME);
	message.from[LIMIT_NAME] = '\0';
	message.listed = false;
	message.sent = -62167219200;
	source = source_at("2001:db8::7");
	expect_environment(unknown, sizeof(unknown));
}
END_TEST

START_TEST(without_a_path_it_gets_one)
{
	char bytes[1024];
	size_t n;

	ck_assert_int_eq(unsetenv("PATH"), 0);
	start("cat /proc/$$/environ >env");
	ck_assert_int_eq(handle(), RUNNER_HANDLED);
	n = file_bytes("env", bytes, sizeof(bytes));
	ck_assert_ptr_nonnull(
	    memmem(bytes, n, "\0PATH=/usr/local/bin:/usr/bin:/bin", 35));
}
END_TEST

/* The command has default signals, and only the descriptors 0, 1 and 2. */
START_TEST(it_inherits_nothing)
{
	char pid[32] = "";

	(void)signal(SIGHUP, SIG_IGN); /* like nohup(1) */
	(void)signal(SIGPIPE, SIG_IGN);
	(void)signal(SIGXFSZ, SIG_IGN);
	(void)signal(SIGRTMAX, SIG_IGN);
	start(LIST_START "echo $$ >self");
	ck_assert_int_eq(handle(), RUNNER_HANDLED);
	(void)file_bytes("self", pid, sizeof(pid) - 1);
	expect_clean_start(atoi(pid));
}
END_TEST

/* Requests as a session that was taken over might send them. */
START_TEST(what_no_command_may_see_is_not_run)
{
	struct message good = message;

	start("touch ran");
	(void)strcpy(message.from, "a b");
	ck_assert_int_eq(handle(), CHAT_EUNCONFIRMED);
	(void)strcpy(message.from, "");
	ck_assert_int_eq(handle(), CHAT_EUNCONFIRMED);
	memset(message.from, 'a', sizeof(message.from));
	ck_assert_int_eq(handle(), CHAT_EUNCONFIRMED);
	message = good;
	(void)strcpy(message.to, "$(id)");
	ck_assert_int_eq(handle(), CHAT_EUNCONFIRMED);
	message = good;
	message.sent = INT64_MAX;
	ck_assert_int_eq(handle(), CHAT_EUNCONFIRMED);
	message = good;
	message.text[2] = '\0';
	ck_assert_int_eq(handle(), CHAT_EUNCONFIRMED);
	message.text[2] = '\xff';
	ck_assert_int_eq(handle(), CHAT_EUNCONFIRMED);
	message.len = 0;
	ck_assert_int_eq(handle(), CHAT_EUNCONFIRMED);
	ck_assert(!exists("ran"));
	message = good;
	ck_assert_int_eq(handle(), RUNNER_HANDLED);
}
END_TEST

/* The ticket is for something else than what is asked. */
START_TEST(p30_without_a_proof_of_it_nothing_is_run)
{
	static const uint8_t other_id[SIZE_ID] = {0x01, 0xab, [15] = 0xfe};
	struct ticket_subject right = proven;

	start("touch ran");
	proven.session++;
	ck_assert_int_eq(handle(), CHAT_EUNCONFIRMED);
	proven = right;
	proven.from = "bobb";
	ck_assert_int_eq(handle(), CHAT_EUNCONFIRMED);
	proven = right;
	proven.to = "alic";
	ck_assert_int_eq(handle(), CHAT_EUNCONFIRMED);
	proven = right;
	proven.id = other_id;
	ck_assert_int_eq(handle(), CHAT_EUNCONFIRMED);
	ck_assert(!exists("ran"));
	proven = right;
	ck_assert_int_eq(handle(), RUNNER_HANDLED);
}
END_TEST

START_TEST(p30_who_is_not_listed_is_not_run_as_listed)
{
	static struct {
		struct submission submission;
		char text[1];
	} out = {.submission = {.from = "bob", .to = "alice", .listed = 1},
	    .text = {'x'}};
	int channel;

	proven.id = out.submission.id;
	proven.listed = false;
	ck_assert_int_eq(
	    ticket_make(&suite, ticket_key, &proven, out.submission.ticket), 0);
	start("touch ran");
	channel = open_session();
	ck_assert_int_eq(
	    write(channel, &out, sizeof(out)), (ssize_t)sizeof(out));
	ck_assert_int_eq(result_of(channel), CHAT_ECLOSED);
	ck_assert(!exists("ran"));
	out.submission.listed = 0;
	channel = open_session();
	ck_assert_int_eq(
	    write(channel, &out, sizeof(out)), (ssize_t)sizeof(out));
	ck_assert_int_eq(result_of(channel), RUNNER_HANDLED);
}
END_TEST

START_TEST(p30_a_batch_that_is_not_lines_is_not_run)
{
	message.lines = 2;
	start("wc -l >ran");
	ck_assert_int_eq(handle(), CHAT_EUNCONFIRMED);
	ck_assert(!exists("ran"));
	message.len = strlen(strcpy(message.text, "one\ntwo"));
	ck_assert_int_eq(handle(), RUNNER_HANDLED);
	ck_assert_uint_eq(file_bytes("ran", (char[8]){0}, 8), 2); /* "2\n" */
}
END_TEST

/* A ticket is good once: its channel ends with the reply. */
START_TEST(p30_nothing_is_run_twice_for_a_ticket)
{
	int channel;

	(void)signal(SIGPIPE, SIG_IGN);
	start("echo >>ran");
	channel = open_session();
	ck_assert_int_eq(ask_for(channel, PATIENCE_MS), RUNNER_HANDLED);
	ck_assert_int_eq(result_of(channel), CHAT_ECLOSED);
	ck_assert_int_eq(ask_for(channel, PATIENCE_MS), CHAT_EBUSY);
	stop();
	ck_assert_uint_eq(file_bytes("ran", (char[8]){0}, 8), 1);
}
END_TEST

/* Datagrams of all sizes that are too small or too large. */
START_TEST(what_is_no_request_ends_the_channel)
{
	static char bytes[sizeof(struct submission) + LIMIT_TEXT + 2];
	const size_t head = sizeof(struct submission);
	const size_t sizes[] = {
	    1, head - 1, head, head + LIMIT_TEXT + 1, head + LIMIT_TEXT + 2};
	struct submission submission = {.from = "bob", .to = "alice"};

	proven.id = submission.id;
	proven.listed = false;
	ck_assert_int_eq(
	    ticket_make(&suite, ticket_key, &proven, submission.ticket), 0);
	memset(bytes, 'a', sizeof(bytes));
	memcpy(bytes, &submission, head);
	start("touch ran");
	for (size_t i = 0; i < COUNT(sizes); i++) {
		int channel = open_session();

		ck_assert_int_eq(
		    write(channel, bytes, sizes[i]), (ssize_t)sizes[i]);
		ck_assert_int_eq(result_of(channel), CHAT_ECLOSED);
	}
	ck_assert(!exists("ran"));
}
END_TEST

START_TEST(at_most_so_many_run)
{
	start_limited("echo >$CHAT_FROM; until [ -e go ]; do sleep 0.02; done",
	    2, NO_LIMIT_MS);
	for (size_t i = 0; i < 2; i++) {
		message.from[0] = (char)('x' + i);
		message.from[1] = '\0';
		channels[i] = begin();
	}
	wait_for_file("x");
	wait_for_file("y");
	ck_assert_int_eq(handle(), RUNNER_LATER);
	ck_assert_int_eq(close(creat("go", 0600)), 0);
	ck_assert_int_eq(result_of(channels[0]), RUNNER_HANDLED);
	ck_assert_int_eq(result_of(channels[1]), RUNNER_HANDLED);
}
END_TEST

/* Even if it has children, and ignores all signals that it can. */
START_TEST(a_command_that_hangs_is_killed_with_its_children)
{
	start_limited("trap '' TERM INT HUP; sleep 1000 & echo $! >child; "
		      "echo $$ >self; wait",
	    1, 500);
	ck_assert_int_eq(handle(), RUNNER_OVERDUE);
	wait_for_death("self");
	wait_for_death("child");
	ck_assert_int_eq(handle(), RUNNER_OVERDUE); /* and its slot is free */
}
END_TEST

START_TEST(what_a_command_leaves_behind_is_killed)
{
	start("sleep 1000 & echo $! >child");
	ck_assert_int_eq(handle(), RUNNER_HANDLED);
	wait_for_death("child");
}
END_TEST

START_TEST(when_its_session_leaves_the_command_is_killed)
{
	int channel;
	int64_t ms = 10;

	start_limited("sleep 1000 & echo $! >child; echo $$ >self; "
		      "mv self ready; wait",
	    1, NO_LIMIT_MS);
	channel = begin();
	wait_for_file("ready");
	(void)close(channel);
	wait_for_death("ready");
	wait_for_death("child");
	ck_assert_int_eq(unlink("ready"), 0);
	do { /* its slot is free only after it was waited for */
		channel = open_session();
		if (ask_for(channel, ms) != RUNNER_LATER)
			ms *= 2; /* the command had too little time */
		(void)close(channel);
	} while (!exists("ready"));
}
END_TEST

START_TEST(who_asks_twice_is_cut_off)
{
	int channel;

	start("echo $$ >self; mv self ready; exec sleep 1000");
	channel = begin();
	wait_for_file("ready");
	ck_assert_int_eq(ask_for(channel, PATIENCE_MS), CHAT_EUNCONFIRMED);
	wait_for_death("ready");
	(void)close(channel);
}
END_TEST

START_TEST(when_the_listener_goes_all_go)
{
	start("sleep 1000 & echo $! >child; echo $$ >self; mv self ready; "
	      "wait");
	channels[0] = begin();
	wait_for_file("ready");
	stop();
	wait_for_death("ready");
	wait_for_death("child");
	ck_assert_int_eq(result_of(channels[0]), CHAT_ECLOSED);
}
END_TEST

/* Grandchildren may survive; they cannot be found. */
START_TEST(when_the_runner_is_killed_its_commands_die)
{
	int status;

	start("echo $$ >self; mv self ready; exec sleep 1000");
	channels[0] = begin();
	wait_for_file("ready");
	ck_assert_int_eq(kill(runner, SIGKILL), 0);
	ck_assert_int_eq(waitpid(runner, &status, 0), runner);
	wait_for_death("ready");
	ck_assert_int_eq(result_of(channels[0]), CHAT_ECLOSED);
	(void)close(control);
	runner = 0;
}
END_TEST

static unsigned
descriptors_of_runner(void)
{
	char path[64];
	const struct dirent *entry;
	unsigned count = 0;
	DIR *dir;

	(void)snprintf(path, sizeof(path), "/proc/%d/fd", (int)runner);
	if ((dir = opendir(path)) == NULL)
		return 0; /* only root can look, because it is not dumpable */
	while ((entry = readdir(dir)) != NULL)
		count += entry->d_name[0] != '.';
	(void)closedir(dir);
	return count;
}

START_TEST(many_messages_leave_no_descriptor)
{
	int64_t end = clock_now_ms() + PATIENCE_MS;

	start(":");
	for (int i = 0; i < 50; i++)
		ck_assert_int_eq(handle(), RUNNER_HANDLED);
	/*
	 * 0, 1, 2, control, signals, events, and those of instruments; it
	 * replies before it closes
	 */
	while (descriptors_of_runner() > 6 + 4)
		must(clock_now_ms() < end, "descriptors are left");
}
END_TEST

int
main(int argc, char *argv[], char *envp[])
{
	const TTest *const tests[] = {
	    the_exit_status_is_the_result,
	    its_input_is_the_text_and_nothing_else,
	    its_input_need_not_be_read,
	    its_environment_is_what_it_should_be_and_nothing_else,
	    without_a_path_it_gets_one,
	    it_inherits_nothing,
	    what_no_command_may_see_is_not_run,
	    p30_without_a_proof_of_it_nothing_is_run,
	    p30_who_is_not_listed_is_not_run_as_listed,
	    p30_a_batch_that_is_not_lines_is_not_run,
	    p30_nothing_is_run_twice_for_a_ticket,
	    what_is_no_request_ends_the_channel,
	    at_most_so_many_run,
	    a_command_that_hangs_is_killed_with_its_children,
	    what_a_command_leaves_behind_is_killed,
	    when_its_session_leaves_the_command_is_killed,
	    who_asks_twice_is_cut_off,
	    when_the_listener_goes_all_go,
	    when_the_runner_is_killed_its_commands_die,
	    many_messages_leave_no_descriptor,
	};

	setproctitle_init(argc, argv, envp);
	return unit_run(&(struct unit){
	    "listener runner", tests, COUNT(tests), run_setup, run_teardown});
}
