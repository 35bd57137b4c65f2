/* What a report says of an outcome. */
#include "sender/report.h"

#include <fcntl.h>
#include <limits.h>
#include <unistd.h>

#include "common/base/error.h"
#include "tests/unit/unit.h"

#define SIZE_OUTPUT 8192

static struct crypto crypto;
static struct delivery delivery;
static struct outcome outcome;
static struct report_lines lines;
static FILE *out, *errors; /* standard output and standard error */

static void
capture(int fd, FILE **file)
{
	*file = tmpfile();
	ck_assert_ptr_nonnull(*file);
	ck_assert_int_eq(dup2(fileno(*file), fd), fd);
}

/* A delivery to alice that failed for now. */
static void
setup(void)
{
	memset(&delivery, 0, sizeof(delivery));
	memset(&outcome, 0, sizeof(outcome));
	delivery.crypto = &crypto;
	delivery.destination.typed = "alice";
	delivery.composed = 1795000000;
	strcpy(delivery.destination.to, "alice");
	outcome.status = SEND_TEMPORARY;
	strcpy(outcome.where, "alice at localhost port 5000");
	strcpy(outcome.reason, "busy, try again");
	capture(STDOUT_FILENO, &out);
}

/* Returns what was written to a file. */
static const char *
written(FILE *file)
{
	static char bytes[SIZE_OUTPUT];
	ssize_t len = pread(fileno(file), bytes, sizeof(bytes) - 1, 0);

	ck_assert_int_ge(len, 0);
	bytes[len] = '\0';
	return bytes;
}

/* Reports, and returns the status of report_outcome(). */
static int
report_it(const struct report_style *style)
{
	int saved = dup(STDERR_FILENO), error;

	capture(STDERR_FILENO, &errors);
	error = report_outcome(style, &delivery, &outcome, 42);
	ck_assert_int_eq(dup2(saved, STDERR_FILENO), STDERR_FILENO);
	ck_assert_int_eq(close(saved), 0);
	return error;
}

/* Spells the JSON, which must be valid once it is complete. */
static cJSON *
result(void)
{
	char line[sizeof(lines.json) + 8];
	cJSON *json;

	report_spell(&delivery, &outcome, &lines);
	(void)snprintf(line, sizeof(line), "%s0}", lines.json);
	json = cJSON_ParseWithOpts(line, NULL, true);
	ck_assert_msg(json != NULL, "not JSON: %s", line);
	return json;
}

START_TEST(a_failure_is_one_line_of_words)
{
	ck_assert_int_eq(report_it(&(struct report_style){0}), 0);
	ck_assert_str_eq(written(out), "");
	ck_assert_str_eq(written(errors),
	    "chat-send: alice at localhost port 5000: busy, try again\n");
}
END_TEST

START_TEST(success_is_silent_unless_it_is_wanted)
{
	outcome.status = SEND_OK;
	ck_assert_int_eq(report_it(&(struct report_style){0}), 0);
	ck_assert_str_eq(written(out), "");
	ck_assert_str_eq(written(errors), "");
	ck_assert_int_eq(report_it(&(struct report_style){.success = true}), 0);
	ck_assert_ptr_nonnull(strstr(written(errors), "alice: "));
}
END_TEST

START_TEST(json_is_the_only_report_except_of_a_line)
{
	const struct report_style style = {.json = true};

	ck_assert_int_eq(report_it(&style), 0);
	ck_assert_ptr_nonnull(strstr(written(out), "\"ms\":42}\n"));
	ck_assert_str_eq(written(errors), "");
	delivery.line = delivery.last = 7;
	ck_assert_int_eq(report_it(&style), 0);
	ck_assert_ptr_nonnull(strstr(written(errors), "line 7: alice at"));
}
END_TEST

START_TEST(a_result_tells_which_lines_it_is_of)
{
	cJSON *json = result();

	ck_assert_ptr_null(cJSON_GetObjectItem(json, "line"));
	cJSON_Delete(json);
	delivery.line = 7;
	delivery.last = 4102;
	json = result();
	ck_assert_int_eq(cJSON_GetObjectItem(json, "line")->valueint, 7);
	ck_assert_int_eq(cJSON_GetObjectItem(json, "last")->valueint, 4102);
	cJSON_Delete(json);
	ck_assert_ptr_nonnull(
	    strstr(lines.words, "chat-send: lines 7 to 4102: alice at"));
}
END_TEST

START_TEST(json_that_cannot_be_written_is_told_in_words)
{
	int full = open("/dev/full", O_WRONLY);

	ck_assert_int_eq(dup2(full, STDOUT_FILENO), STDOUT_FILENO);
	ck_assert_int_eq(
	    report_it(&(struct report_style){.json = true}), CHAT_EIO);
	ck_assert_ptr_nonnull(strstr(written(errors), "busy, try again\n"));
	outcome.status = SEND_OK;
	ck_assert_int_eq(
	    report_it(&(struct report_style){.json = true}), CHAT_EIO);
	ck_assert_ptr_nonnull(
	    strstr(written(errors), "but its line of -j is lost\n"));
}
END_TEST

START_TEST(json_survives_every_string)
{
	cJSON *json;

	delivery.destination.typed = "\"\\\x1b\xff\xc3\xa4\xf0\x9f\x98\x80";
	json = result();
	ck_assert_str_eq(unit_string(json, "to"),
	    "\"\\\x1b\xef\xbf\xbd\xc3\xa4\xf0\x9f\x98\x80");
	for (const char *p = lines.json; *p != '\0'; p++)
		ck_assert_msg(*p >= ' ' && *p <= '~', "not ASCII");
	cJSON_Delete(json);
}
END_TEST

START_TEST(the_longest_strings_fit)
{
	static char name[4096];

	memset(name, 1, sizeof(name) - 1); /* six characters for each */
	delivery.destination.typed = name;
	memset(outcome.reason, 1, sizeof(outcome.reason) - 1);
	memset(outcome.where, 'x', sizeof(outcome.where) - 1);
	outcome.status = SEND_UNKNOWN;
	outcome.receipt.seq = UINT64_MAX;
	delivery.line = delivery.last = ULONG_MAX;
	cJSON_Delete(result());
	ck_assert_int_eq(lines.words[strlen(lines.words) - 1], '\n');
}
END_TEST

START_TEST(a_receipt_is_where_the_message_was_recorded)
{
	cJSON *json;

	outcome.status = SEND_OK;
	json = result();
	ck_assert_ptr_null(cJSON_GetObjectItem(json, "receipt"));
	cJSON_Delete(json);
	outcome.receipt.seq = 3;
	memset(outcome.receipt.head, 0xab, SIZE_HASH);
	json = result();
	ck_assert_ptr_nonnull(strstr(lines.json,
	    "\"receipt\":{\"seq\":3,\"head\":\"abababababababababababababababab"
	    "abababababababababababababababab\"},"));
	cJSON_Delete(json);
}
END_TEST

START_TEST(p21_what_is_unknown_names_the_id_for_a_retry)
{
	outcome.status = SEND_UNKNOWN;
	memset(delivery.drawn, 0x11, SIZE_ID);
	report_spell(&delivery, &outcome, &lines);
	ck_assert_ptr_nonnull(strstr(lines.words,
	    "; send it again with -i 11111111111111111111111111111111 -c 2026-"));
	outcome.id_taken = 1;
	delivery.id_given = true; /* it would be refused again */
	report_spell(&delivery, &outcome, &lines);
	ck_assert_ptr_null(strstr(lines.words, "-i"));
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = {
	    a_failure_is_one_line_of_words,
	    success_is_silent_unless_it_is_wanted,
	    json_is_the_only_report_except_of_a_line,
	    a_result_tells_which_lines_it_is_of,
	    json_that_cannot_be_written_is_told_in_words,
	    json_survives_every_string,
	    the_longest_strings_fit,
	    a_receipt_is_where_the_message_was_recorded,
	    p21_what_is_unknown_names_the_id_for_a_retry,
	};

	return unit_run(
	    &(struct unit){"sender report", tests, COUNT(tests), setup, NULL});
}
