/*
 * Handlers that stay: what they get, what they may write, and what becomes of
 * messages and of other handlers if they do anything else.
 */
#include "listener/runner/result.h"
#include "tests/unit/running.h"

#define WAIT_MS NO_LIMIT_MS
static int channels[SESSIONS];

#define ID "01ab00000000000000000000000000ff" /* of the message */

/* A shell that handles each line with what follows, which may use $id. */
#define EACH                                                     \
	"echo $$ >>started; echo ready; while read -r line; do " \
	"id=${line#*\\\"id\\\":\\\"}; id=${id%%\\\"*}; "
#define OK "echo ok $id; "
#define DONE "done"

static void
keep_limited(
    const char *command, unsigned handlers, int64_t limit_ms, int64_t wait_ms)
{
	start_with((struct runner_config){.command = command,
	    .handlers = handlers,
	    .limit_ms = limit_ms,
	    .wait_ms = wait_ms});
}

static void
keep(const char *command)
{
	keep_limited(command, 1, NO_LIMIT_MS, WAIT_MS);
}

/* Each message is noted in the file `in`, and then waits for the file `go`. */
static void
keep_gated(unsigned handlers, int64_t wait_ms)
{
	keep_limited(EACH
	    "t=${line#*\\\"text\\\":\\\"}; echo ${t%%\\\"*} >>in; "
	    "until [ -e go ]; do sleep 0.02; done; " OK DONE,
	    handlers, NO_LIMIT_MS, wait_ms);
}

/* Returns how many lines a file has; none if it does not exist. */
static size_t
lines_of(const char *name)
{
	char bytes[4096];
	size_t n = exists(name) ? file_bytes(name, bytes, sizeof(bytes)) : 0;
	size_t lines = 0;

	while (n > 0)
		lines += bytes[--n] == '\n';
	return lines;
}

static void
wait_for_lines(const char *name, size_t count)
{
	int64_t end = clock_now_ms() + PATIENCE_MS;

	while (lines_of(name) < count) {
		must(clock_now_ms() < end, "no %zu lines in %s", count, name);
		(void)usleep(1000);
	}
}

static void
write_file(const char *name, const char *text)
{
	int fd = creat("new", 0600);

	ck_assert_int_eq(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	(void)close(fd);
	ck_assert_int_eq(rename("new", name), 0);
}

static void
pause_runner(void)
{
	int status;

	ck_assert_int_eq(kill(runner, SIGSTOP), 0);
	ck_assert_int_eq(waitpid(runner, &status, WUNTRACED), runner);
	ck_assert(WIFSTOPPED(status));
}

static void
say(const char *text)
{
	message.len = strlen(strcpy(message.text, text));
}

START_TEST(its_word_is_the_result)
{
	static const struct {
		const char *text;
		int result;
	} words[] = {
	    {"ok", RUNNER_HANDLED},
	    {"later", RUNNER_LATER},
	    {"no", RUNNER_FAILED},
	    {"ok", RUNNER_HANDLED},
	};

	keep(EACH "t=${line#*\\\"text\\\":\\\"}; echo ${t%%\\\"*} $id; " DONE);
	for (size_t i = 0; i < COUNT(words); i++) {
		say(words[i].text);
		ck_assert_int_eq(handle(), words[i].result);
	}
	ck_assert_uint_eq(lines_of("started"), 1); /* it stays */
}
END_TEST

START_TEST(a_reason_is_no_part_of_the_word)
{
	keep(EACH "echo later $id ok $id; " DONE);
	ck_assert_int_eq(handle(), RUNNER_LATER);
	ck_assert_int_eq(handle(), RUNNER_LATER);
	ck_assert_uint_eq(lines_of("started"), 1);
}
END_TEST

START_TEST(it_gets_the_object_in_one_line)
{
	static const char head[] =
	    "{\"v\":1,\"type\":\"message\",\"id\":\"" ID
	    "\",\"from\":\"bob\",\"to\":\"alice\",\"listed\":true,"
	    "\"address\":\"192.0.2.7\",\"sent\":\"2026-01-02T03:04:05Z\","
	    "\"received\":\"";
	static const char tail[] = "\",\"text\":\"a\\n\\u001b\\\"b\"}\n";
	char got[1024];
	size_t n;

	say("a\n\x1b\"b");
	keep(EACH "printf '%s\\n' \"$line\" >line; " OK DONE);
	ck_assert_int_eq(handle(), RUNNER_HANDLED);
	n = file_bytes("line", got, sizeof(got));
	ck_assert_uint_eq(n, strlen(head) + 20 + strlen(tail));
	ck_assert_mem_eq(got, head, strlen(head));
	ck_assert_mem_eq(got + n - strlen(tail), tail, strlen(tail));
}
END_TEST

START_TEST(a_batch_is_one_line)
{
	char got[1024];
	size_t n;

	say("one\ntwo\nthree");
	message.lines = 3;
	keep(EACH "printf '%s\\n' \"$line\" >>line; " OK DONE);
	ck_assert_int_eq(handle(), RUNNER_HANDLED);
	ck_assert_uint_eq(lines_of("line"), 1);
	n = file_bytes("line", got, sizeof(got));
	ck_assert_ptr_nonnull(memmem(got, n, ID "\",\"lines\":3,", 44));
	ck_assert_ptr_nonnull(
	    memmem(got, n, "\"text\":\"one\\ntwo\\nthree\"}", 25));
}
END_TEST

/* Six times as long as a pipe is. */
START_TEST(the_longest_line_arrives)
{
	char count[16] = "";

	message.len = LIMIT_TEXT;
	memset(message.text, '\1', message.len);
	keep("echo ready; exec perl -e '$| = 1; while (<>) { "
	     "open my $f, \">\", \"n\"; print $f length; close $f; "
	     "/\"id\":\"(\\w+)/; print \"ok $1\\n\" }'");
	ck_assert_int_eq(handle(), RUNNER_HANDLED);
	ck_assert_uint_eq(file_bytes("n", count, sizeof(count) - 1), 6);
	ck_assert_int_gt(atoi(count), 6 * LIMIT_TEXT);
	ck_assert_int_lt(atoi(count), SIZE_RECORD);
	ck_assert_int_eq(handle(), RUNNER_HANDLED);
}
END_TEST

/* Each is followed by a new handler, which is none the worse for it. */
START_TEST(p27_without_an_answer_the_end_is_unknown)
{
	static const char *const wrong[] = {
	    "echo",
	    "echo ready",
	    "echo ok",
	    "echo ok ${id}0",
	    "echo ok " ID " yes",
	    "echo OK $id",
	    "echo ok 00000000000000000000000000000000",
	    "printf 'ok %s\\0\\n' $id",
	    "printf 'ok %s\\r\\n' $id",
	    "yes",
	    "yes | tr -d '\\n'",
	    "printf '%0600d\\n' 1",
	    "printf 'later %s %0600d\\n' $id 1",
	    "printf 'ok %s' $id; exit 0", /* without its end */
	    "exit 0",
	    "exit 75",
	    "kill -9 $$",
	    "exec >&-; sleep 1000",
	    "cat /dev/zero",
	};
	char command[512];

	for (size_t i = 0; i < COUNT(wrong); i++) {
		(void)snprintf(command, sizeof(command), "%s%s%s%s%s",
		    EACH "if [ -e again ]; then ", OK, "else touch again; ",
		    wrong[i], "; fi; " DONE);
		keep(command);
		must(handle() == RUNNER_UNKNOWN, "%s is an answer", wrong[i]);
		while (handle() == RUNNER_LATER) /* it is being started */
			(void)usleep(10000);
		ck_assert_int_eq(handle(), RUNNER_HANDLED);
		ck_assert_uint_eq(lines_of("started"), 2);
		stop();
		(void)unlink("again");
		(void)unlink("started");
	}
}
END_TEST

/* The first line counts: the message is handled. */
START_TEST(who_goes_on_after_the_answer_is_replaced)
{
	keep(EACH "if [ -e again ]; then " OK
		  "else touch again; printf 'ok %s\\nmore\\n' $id; "
		  "sleep 1000; fi; " DONE);
	ck_assert_int_eq(handle(), RUNNER_HANDLED);
	ck_assert_int_eq(handle(), RUNNER_HANDLED);
	ck_assert_uint_eq(lines_of("started"), 2);
}
END_TEST

START_TEST(who_speaks_without_being_asked_is_replaced)
{
	int result;

	keep("echo $$ >>started; echo ready; [ -e again ] || "
	     "{ touch again; echo ok " ID "; sleep 1000; }; " EACH OK DONE);
	wait_for_file("again");
	wait_for_lines("started", 2);
	/* It says ready twice, and may get the message between the two. */
	result = handle();
	ck_assert(result == RUNNER_LATER || result == RUNNER_UNKNOWN);
}
END_TEST

/* The runner sees the question first, and the answer was written before. */
START_TEST(p20_an_answer_before_the_question_is_none)
{
	keep("if [ -e second ]; then " EACH "touch asked; " OK DONE "; fi; "
	     "touch second; echo ready; read -r line; echo ok " ID "; "
	     "until [ -e go ]; do sleep 0.02; done; "
	     "echo ok " ID "; touch spoken; sleep 1000");
	channels[0] = open_session();
	ck_assert_int_eq(handle(), RUNNER_HANDLED);
	pause_runner();
	ck_assert_int_eq(ask_for(channels[0], 1), CHAT_EUNCONFIRMED);
	write_file("go", "");
	wait_for_file("spoken");
	ck_assert_int_eq(kill(runner, SIGCONT), 0);
	ck_assert_int_eq(result_of(channels[0]), RUNNER_HANDLED);
	ck_assert(exists("asked"));
}
END_TEST

START_TEST(a_part_of_an_answer_before_the_question_is_wrong)
{
	keep("if [ -e second ]; then " EACH OK DONE "; fi; touch second; "
	     "echo ready; printf ok; sleep 1000");
	wait_for_file("started");
	while (handle() == RUNNER_LATER)
		(void)usleep(10000);
}
END_TEST

/* The runner was stopped meanwhile, and hears of the answer after the time. */
START_TEST(p18_an_answer_in_time_counts_if_the_runner_is_late)
{
	int64_t limit = 3000;

	keep_limited(EACH "touch in; until [ -e go ]; do sleep 0.02; done; " OK
			  "touch answered; " DONE,
	    1, limit, WAIT_MS);
	channels[0] = begin();
	wait_for_file("in");
	pause_runner();
	write_file("go", "");
	wait_for_file("answered");
	(void)usleep((useconds_t)limit * 1000);
	ck_assert_int_eq(kill(runner, SIGCONT), 0);
	ck_assert_int_eq(result_of(channels[0]), RUNNER_HANDLED);
}
END_TEST

/* It has the id, but not all of the text. */
START_TEST(an_answer_before_the_end_of_the_line_is_none)
{
	message.len = LIMIT_TEXT;
	memset(message.text, '\1', message.len);
	keep("echo ready; dd bs=1 count=300 >/dev/null 2>&1; echo ok " ID
	     "; cat >/dev/null");
	ck_assert_int_eq(handle(), RUNNER_LATER);
}
END_TEST

START_TEST(silence_is_no_answer_and_ends_it)
{
	keep_limited(EACH "[ ! -e child ] || { " OK
			  "continue; }; trap '' TERM; sleep 1000 & "
			  "echo $! >child; wait; " DONE,
	    1, 1000, WAIT_MS);
	ck_assert_int_eq(handle(), RUNNER_UNKNOWN);
	wait_for_death("started");
	wait_for_death("child");
}
END_TEST

START_TEST(who_is_never_ready_is_ended)
{
	keep_limited("echo $$ >>started; sleep 1000", 1, 500, WAIT_MS);
	wait_for_file("started");
	ck_assert_int_eq(handle(), RUNNER_LATER);
	wait_for_death("started");
}
END_TEST

START_TEST(who_is_not_ready_gets_nothing)
{
	keep("until [ -e go ]; do sleep 0.02; done; " EACH OK DONE);
	channels[0] = begin();
	channels[1] = begin();
	ck_assert(!exists("started"));
	write_file("go", "");
	ck_assert_int_eq(result_of(channels[0]), RUNNER_HANDLED);
	ck_assert_int_eq(result_of(channels[1]), RUNNER_HANDLED);
}
END_TEST

/* At once, not after the time for which a message waits. */
START_TEST(without_a_handler_it_is_for_later)
{
	keep("echo >>started; exit 1");
	wait_for_file("started");
	for (int i = 0; i < 3; i++)
		ck_assert_int_eq(handle(), RUNNER_LATER);
}
END_TEST

/* After 0.2 s, 0.4 s, 0.8 s. */
START_TEST(who_fails_is_started_less_and_less_often)
{
	int64_t begun = clock_now_ms(), pause = 200, most = 0;

	keep("echo >>started; exit 1");
	wait_for_lines("started", 4);
	for (int i = 0; i < 3; i++, pause *= 2)
		most += pause;
	ck_assert_int_ge(clock_now_ms() - begun, most);
}
END_TEST

START_TEST(a_message_waits_only_so_long)
{
	keep_gated(1, 300);
	channels[0] = begin();
	wait_for_file("in");
	ck_assert_int_eq(handle(), RUNNER_LATER);
	write_file("go", "");
	ck_assert_int_eq(result_of(channels[0]), RUNNER_HANDLED);
	ck_assert_int_eq(handle(), RUNNER_HANDLED);
}
END_TEST

/* Begins with a text, and waits until the runner knows of it. */
static int
begin_with(const char *text)
{
	int channel;

	say(text);
	channel = begin();
	(void)usleep(50000); /* the order of those that wait is not vital */
	return channel;
}

START_TEST(messages_wait_in_order_and_who_leaves_is_left_out)
{
	static const char expected[] = "first\nsecond\nthird\n";
	char bytes[64];

	keep_gated(1, WAIT_MS);
	channels[0] = begin_with("first");
	wait_for_lines("in", 1);
	channels[1] = begin_with("second");
	channels[2] = begin_with("gone");
	channels[3] = begin_with("third");
	(void)close(channels[2]);
	(void)usleep(50000);
	write_file("go", "");
	ck_assert_int_eq(result_of(channels[0]), RUNNER_HANDLED);
	ck_assert_int_eq(result_of(channels[1]), RUNNER_HANDLED);
	ck_assert_int_eq(result_of(channels[3]), RUNNER_HANDLED);
	ck_assert_uint_eq(
	    file_bytes("in", bytes, sizeof(bytes)), strlen(expected));
	ck_assert_mem_eq(bytes, expected, strlen(expected));
}
END_TEST

/* Its answer then is for nobody, and the next message is handled. */
START_TEST(when_its_session_leaves_a_handler_goes_on)
{
	keep_gated(1, WAIT_MS);
	channels[0] = begin();
	wait_for_lines("in", 1);
	(void)close(channels[0]);
	message.id[0]++;
	channels[1] = begin();
	write_file("go", "");
	ck_assert_int_eq(result_of(channels[1]), RUNNER_HANDLED);
	ck_assert_uint_eq(lines_of("started"), 1);
}
END_TEST

/* Even after its session has gone, and after its handler was killed over it. */
START_TEST(p27_two_handlers_never_have_the_same_message)
{
	keep_gated(2, WAIT_MS);
	wait_for_lines("started", 2);
	channels[0] = begin();
	wait_for_lines("in", 1);
	(void)close(channels[0]);
	ck_assert_int_eq(handle(), RUNNER_LATER);
	message.from[0]++;
	channels[1] = begin();
	wait_for_lines("in", 2);
	message.from[0]--;
	write_file("go", "");
	ck_assert_int_eq(result_of(channels[1]), RUNNER_HANDLED);
	while (handle() == RUNNER_LATER) /* until the answer is read */
		(void)usleep(10000);
	ck_assert_uint_eq(lines_of("in"), 3);
}
END_TEST

START_TEST(several_work_at_once)
{
	keep_gated(3, WAIT_MS);
	for (int i = 0; i < 4; i++) {
		message.id[0]++;
		channels[i] = begin();
	}
	wait_for_lines("in", 3);
	ck_assert_uint_eq(lines_of("started"), 3);
	write_file("go", "");
	for (int i = 0; i < 4; i++)
		ck_assert_int_eq(result_of(channels[i]), RUNNER_HANDLED);
}
END_TEST

START_TEST(p30_without_a_proof_of_it_a_handler_gets_nothing)
{
	struct ticket_subject right = proven;

	keep(EACH "echo >>in; " OK DONE);
	proven.session++;
	ck_assert_int_eq(handle(), CHAT_EUNCONFIRMED);
	proven = right;
	proven.from = "bobb";
	ck_assert_int_eq(handle(), CHAT_EUNCONFIRMED);
	proven = right;
	message.text[2] = '\0';
	ck_assert_int_eq(handle(), CHAT_EUNCONFIRMED);
	ck_assert(!exists("in"));
	message.text[2] = 'l';
	ck_assert_int_eq(handle(), RUNNER_HANDLED);
}
END_TEST

START_TEST(its_environment_tells_of_no_message)
{
	static const char known[] = "LANG=C.UTF-8\0"
				    "PATH=/usr/bin:/bin\0"
				    "HOME=/home/alice";
	char bytes[1024];

	ck_assert_int_eq(setenv("PATH", "/usr/bin:/bin", 1), 0);
	ck_assert_int_eq(setenv("HOME", "/home/alice", 1), 0);
	ck_assert_int_eq(setenv("LC_ALL", "C", 1), 0);
	ck_assert_int_eq(setenv("SECRET", "of alice", 1), 0);
	keep("cat /proc/$$/environ >env; " EACH OK DONE);
	ck_assert_int_eq(handle(), RUNNER_HANDLED);
	ck_assert_uint_eq(
	    file_bytes("env", bytes, sizeof(bytes)), sizeof(known));
	ck_assert_mem_eq(bytes, known, sizeof(known));
}
END_TEST

START_TEST(it_inherits_nothing_else)
{
	char bytes[64] = "", *rest;

	(void)signal(SIGPIPE, SIG_IGN);
	(void)signal(SIGHUP, SIG_IGN);
	keep_limited(LIST_START EACH OK DONE, 2, NO_LIMIT_MS, WAIT_MS);
	wait_for_lines("started", 2); /* the second might have the first's */
	(void)file_bytes("started", bytes, sizeof(bytes) - 1);
	expect_clean_start((int)strtol(bytes, &rest, 10));
	expect_clean_start((int)strtol(rest, NULL, 10));
}
END_TEST

/* It may take its leave; what it started may not. */
START_TEST(when_the_listener_goes_it_may_end_by_itself)
{
	keep("sleep 1000 & echo $! >child; echo $$ >self; "
	     "trap 'echo >left; exit' TERM; echo ready; mv self ready; "
	     "while :; do sleep 0.02; done");
	wait_for_file("ready");
	stop();
	ck_assert(exists("left"));
	wait_for_death("ready");
	wait_for_death("child");
}
END_TEST

/* Such as a program that the shell did not become. */
START_TEST(p19_when_the_listener_goes_what_it_started_may_end_by_itself)
{
	keep("(trap 'sleep 0.2; echo >left; exit' TERM; echo $$ >self; "
	     "echo ready; mv self ready; while :; do sleep 0.02; done); exit");
	wait_for_file("ready");
	stop();
	ck_assert(exists("left"));
	wait_for_death("ready");
}
END_TEST

START_TEST(when_the_listener_goes_who_does_not_end_is_killed)
{
	keep("trap '' TERM HUP INT; echo ready; sleep 1000 & echo $! >child; "
	     "echo $$ >self; mv self ready; while :; do wait; done");
	wait_for_file("ready");
	stop();
	wait_for_death("ready");
	wait_for_death("child");
}
END_TEST

START_TEST(when_the_runner_is_killed_its_handlers_die)
{
	int status;

	keep("echo ready; echo $$ >self; mv self ready; exec sleep 1000");
	wait_for_file("ready");
	ck_assert_int_eq(kill(runner, SIGKILL), 0);
	ck_assert_int_eq(waitpid(runner, &status, 0), runner);
	wait_for_death("ready");
	(void)close(control);
	runner = 0;
}
END_TEST

int
main(int argc, char *argv[], char *envp[])
{
	const TTest *const tests[] = {
	    its_word_is_the_result,
	    a_reason_is_no_part_of_the_word,
	    it_gets_the_object_in_one_line,
	    a_batch_is_one_line,
	    the_longest_line_arrives,
	    p27_without_an_answer_the_end_is_unknown,
	    who_goes_on_after_the_answer_is_replaced,
	    who_speaks_without_being_asked_is_replaced,
	    p20_an_answer_before_the_question_is_none,
	    a_part_of_an_answer_before_the_question_is_wrong,
	    p18_an_answer_in_time_counts_if_the_runner_is_late,
	    an_answer_before_the_end_of_the_line_is_none,
	    silence_is_no_answer_and_ends_it,
	    who_is_never_ready_is_ended,
	    who_is_not_ready_gets_nothing,
	    without_a_handler_it_is_for_later,
	    who_fails_is_started_less_and_less_often,
	    a_message_waits_only_so_long,
	    messages_wait_in_order_and_who_leaves_is_left_out,
	    when_its_session_leaves_a_handler_goes_on,
	    p27_two_handlers_never_have_the_same_message,
	    several_work_at_once,
	    p30_without_a_proof_of_it_a_handler_gets_nothing,
	    its_environment_tells_of_no_message,
	    it_inherits_nothing_else,
	    when_the_listener_goes_it_may_end_by_itself,
	    p19_when_the_listener_goes_what_it_started_may_end_by_itself,
	    when_the_listener_goes_who_does_not_end_is_killed,
	    when_the_runner_is_killed_its_handlers_die,
	};

	setproctitle_init(argc, argv, envp);
	return unit_run(&(struct unit){
	    "listener crew", tests, COUNT(tests), run_setup, run_teardown});
}
