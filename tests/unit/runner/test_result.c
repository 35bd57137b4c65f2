/* What a handler may write about a message. */
#include "listener/runner/result.h"

#include "common/base/error.h"
#include "tests/unit/unit.h"

#define ID "01ab00000000000000000000000000ff"

START_TEST(a_result_has_a_word_the_id_and_perhaps_a_reason)
{
	static const struct {
		const char *line;
		enum runner_result result;
		const char *why;
	} good[] = {
	    {"ok " ID, RUNNER_HANDLED, ""},
	    {"later " ID, RUNNER_LATER, ""},
	    {"unknown " ID, RUNNER_UNKNOWN, ""},
	    {"unknown " ID " timeout", RUNNER_UNKNOWN, "timeout"},
	    {"later " ID " ", RUNNER_LATER, ""},
	    {"later " ID " no room", RUNNER_LATER, "no room"},
	    {"no " ID, RUNNER_FAILED, ""},
	    {"no " ID " \xff\t" ID, RUNNER_FAILED, "\xff\t" ID},
	};

	for (size_t i = 0; i < COUNT(good); i++) {
		enum runner_result result = RUNNER_OVERDUE;
		const char *why = NULL;

		ck_assert_int_eq(
		    result_read(good[i].line, ID, &result, &why), 0);
		ck_assert_int_eq(result, good[i].result);
		ck_assert_str_eq(why, good[i].why);
	}
}
END_TEST

START_TEST(nothing_else_is_a_result)
{
	static const char *const bad[] = {
	    "",
	    "ok",
	    "ok ",
	    "ok  " ID,
	    " ok " ID,
	    "OK " ID,
	    "ok" ID,
	    "ok\t" ID,
	    "ok " ID " ",
	    "ok " ID " fine",
	    "ok " ID "\r",
	    "ok " ID "0",
	    "ok 01AB00000000000000000000000000FF",
	    "ok 01ab00000000000000000000000000fe",
	    "ok 01ab00000000000000000000000000f",
	    "later",
	    "later " ID "x",
	    "later " ID "\tx",
	    "no 0" ID,
	    "no" ID,
	    "not " ID,
	    "ready",
	    "{\"ok\":\"" ID "\"}",
	};
	enum runner_result result;
	const char *why;

	for (size_t i = 0; i < COUNT(bad); i++)
		ck_assert_msg(
		    result_read(bad[i], ID, &result, &why) == CHAT_EMALFORMED,
		    "'%s' is a result", bad[i]);
}
END_TEST

START_TEST(ready_is_one_word)
{
	static const char *const others[] = {
	    "", "read", "ready ", " ready", "Ready", "ready\r", "ready 1"};

	ck_assert(result_is_ready("ready"));
	for (size_t i = 0; i < COUNT(others); i++)
		ck_assert(!result_is_ready(others[i]));
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = {
	    a_result_has_a_word_the_id_and_perhaps_a_reason,
	    nothing_else_is_a_result,
	    ready_is_one_word,
	};

	return unit_run(
	    &(struct unit){"listener result", tests, COUNT(tests), NULL, NULL});
}
