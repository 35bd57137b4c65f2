/* Lines that would have a message receipted and lost. */
#include "listener/runner/script.h"

#include <fcntl.h>
#include <sys/random.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/unit/unit.h"

#define TRIES 3000
#define MOST_PARTS 8

static char folder[] = "/tmp/chat-script.XXXXXX";

static void
expect(const char *line, const char *says)
{
	const char *fault = script_fault(line);

	if (says == NULL)
		ck_assert_msg(fault == NULL, "\"%s\": %s", line, fault);
	else
		ck_assert_msg(fault != NULL && strstr(fault, says) != NULL,
		    "\"%s\": %s", line, fault);
}

START_TEST(a_redirection_alone_is_found)
{
	static const char *const lines[] = {">file", ">> messages", "2>file",
	    ">|file", ">&2", "2>&1 >file", "</dev/null >file", "<>file",
	    ">'a file'", ">\"a file\"", ">a\\ file", ">\"$HOME/log\"", ">file;",
	    ">file &", "A=b >file", ">file # note", "# note\n>file",
	    "{ >file; }", "( >file )", "exec >>file", ">a | >b", ">a && >b",
	    ">\\\nfile", "eval >file", ">file\n\n>other"};

	for (size_t i = 0; i < COUNT(lines); i++)
		expect(lines[i], "a redirection alone");
}
END_TEST

START_TEST(an_assignment_alone_is_found)
{
	static const char *const lines[] = {"A=b", "A=", "LANG=C.UTF-8 TZ=UTC",
	    "A=b; B=c", "_x1='a b'", "A=\"a b\"", "A=$HOME/bin", "A=b exec"};

	for (size_t i = 0; i < COUNT(lines); i++)
		expect(lines[i], "an assignment alone");
}
END_TEST

START_TEST(a_variable_of_the_caller_is_found)
{
	static const char *const lines[] = {"$HANDLER", "$HANDLER >file",
	    "exec $HANDLER", "# note\n$HANDLER", "$A $B", "$CHA"};

	for (size_t i = 0; i < COUNT(lines); i++)
		expect(lines[i], "your variables are not passed on");
}
END_TEST

START_TEST(nothing_at_all_is_found)
{
	static const char *const lines[] = {
	    "", " ", "\n", "# note", "\\\n#", "exec", "command", "{", ";"};

	for (size_t i = 0; i < COUNT(lines); i++)
		expect(lines[i], "no command in it");
}
END_TEST

START_TEST(what_runs_a_command_is_none_of_them)
{
	static const char *const lines[] = {"cat >>file", ">file cat",
	    "A=b cat", "A=b; cat", "2>&1 cat", ">file; cat", "cat", "true", ":",
	    "exit 75", "A=$(cat)", "A=`cat`", ">\"$(date)\"", "A=\"`cat`\"",
	    ">`date`", "cat<<E\nE", "<<E cat\nE", "exec cat", "{ cat; }",
	    "(cat)", "$HOME/bin/handle", "$CHAT_FROM", "$HANDLER -v",
	    "A=cat; $A", "\"$HANDLER\"", "${HANDLER:-cat}", "A=b#c cat",
	    "! >file", "if >file; then cat; fi", "f() { cat; }", "\\>file",
	    "'>file'", "\">file\"", "\\# note", "x# note", "1=b", "a-b=c",
	    "A+=b", ">file#x cat", "# note\ncat", "# \\\ncat", ">a |cat",
	    "'A'=b", "command -v cat"};

	for (size_t i = 0; i < COUNT(lines); i++)
		expect(lines[i], NULL);
}
END_TEST

/* Has the shell run the line, in a separate folder. */
static void
run(const char *line)
{
	pid_t pid = fork();

	ck_assert_int_ne(pid, -1);
	if (pid == 0) {
		char *const environment[] = {"PATH=.", NULL};
		int null = open("/dev/null", O_RDWR | O_CLOEXEC);

		if (chdir(folder) != 0 || dup2(null, STDIN_FILENO) == -1 ||
		    dup2(null, STDERR_FILENO) == -1)
			_exit(1);
		execle("/bin/sh", "sh", "-c", line, (char *)NULL, environment);
		_exit(1);
	}
	ck_assert_int_eq(waitpid(pid, NULL, 0), pid);
}

/* If a line is refused, the shell does not run "handle" for it. */
START_TEST(no_line_that_runs_a_command_is_refused)
{
	static const char *const parts[] = {"handle", "A=b", "A='c d'", ">f",
	    ">>f", "2>&1", ";", "&", "|", "\n", "#", " ", " ", " ", "$NONE",
	    "exec", "{", "}", "(", ")", "\"f\"", "A=$(handle)", "A=`handle`",
	    "\\\n", "&&", "||", "eval", "'", "\"", "\\", "!", "command", "1",
	    "=", "$A", "<<E", ">", "<", "A=handle;"};
	char line[256], marker[64];
	uint8_t draws[1 + MOST_PARTS];
	int refused = 0;

	(void)snprintf(marker, sizeof(marker), "%s/ran", folder);
	for (int i = 0; i < TRIES; i++) {
		ck_assert_int_eq(
		    getrandom(draws, sizeof(draws), 0), (ssize_t)sizeof(draws));
		line[0] = '\0';
		for (int n = 1; n <= 1 + draws[0] % MOST_PARTS; n++)
			strcat(line, parts[draws[n] % COUNT(parts)]);
		if (script_fault(line) == NULL)
			continue;
		refused++;
		run(line);
		ck_assert_msg(
		    access(marker, F_OK) != 0, "\"%s\" runs a command", line);
	}
	ck_assert_int_gt(refused, 0);
}
END_TEST

static void
setup(void)
{
	static const char script[] = "#!/bin/sh\n: >ran\n";
	char path[64];
	int fd;

	ck_assert_ptr_nonnull(mkdtemp(folder));
	(void)snprintf(path, sizeof(path), "%s/handle", folder);
	fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0700);
	ck_assert_int_eq(
	    write(fd, script, sizeof(script) - 1), (ssize_t)sizeof(script) - 1);
	ck_assert_int_eq(close(fd), 0);
	run("handle");
	(void)snprintf(path, sizeof(path), "%s/ran", folder);
	ck_assert_int_eq(unlink(path), 0);
}

static void
teardown(void)
{
	char line[64];

	(void)snprintf(line, sizeof(line), "/bin/rm -r %s", folder);
	run(line);
}

int
main(void)
{
	const TTest *const tests[] = {
	    a_redirection_alone_is_found,
	    an_assignment_alone_is_found,
	    a_variable_of_the_caller_is_found,
	    nothing_at_all_is_found,
	    what_runs_a_command_is_none_of_them,
	    no_line_that_runs_a_command_is_refused,
	};

	return unit_run(&(struct unit){
	    "runner script", tests, COUNT(tests), setup, teardown});
}
