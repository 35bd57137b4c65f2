/* Property 23: the number of log lines is bounded, and the rest is counted. */
#include <sys/mman.h>

#include "listener/parent/journal.h"
#include "tests/unit/listener.h"

#define EVENTS 10000
#define WINDOW_MS 10000
#define LINES 5 /* for one reason in one window */
#define ADDRESS "192.0.2.7"
#define SIZE_CAPTURE (4 << 20)

static struct journal journal;
static int capture = -1, saved = -1;
static char said[SIZE_CAPTURE];

/* Redirects standard error to memory. */
static void
setup(void)
{
	journal = (struct journal){.level = JOURNAL_ALL};
	capture = memfd_create("stderr", 0);
	saved = dup(STDERR_FILENO);
	ck_assert(capture != -1 && saved != -1);
	ck_assert_int_eq(dup2(capture, STDERR_FILENO), STDERR_FILENO);
}

static void
teardown(void)
{
	(void)dup2(saved, STDERR_FILENO);
	(void)close(saved);
	(void)close(capture);
}

/* Takes what was written since the last call. Returns the number of lines. */
static size_t
take_lines(void)
{
	ssize_t n = pread(capture, said, sizeof(said) - 1, 0);
	size_t lines = 0;

	ck_assert(n >= 0 && n < (ssize_t)sizeof(said) - 1);
	said[n] = '\0';
	ck_assert(n == 0 || said[n - 1] == '\n');
	for (const char *p = said; (p = strchr(p, '\n')) != NULL; p++)
		lines++;
	ck_assert_int_eq(ftruncate(capture, 0), 0);
	ck_assert_int_eq(lseek(capture, 0, SEEK_SET), 0);
	return lines;
}

/* Returns the only line, without "PROGRAM: ". */
static const char *
the_line(void)
{
	const char *start;

	ck_assert_uint_eq(take_lines(), 1);
	said[strlen(said) - 1] = '\0';
	start = strstr(said, ": ");
	ck_assert_ptr_nonnull(start);
	return start + 2;
}

/* All reasons have a number: first ends, then refusals. */
#define REASONS (SESSION_ENDS + 1 + REFUSALS)

static bool
is_reason(int reason)
{
	return reason != SESSION_ENDS + 1 + REFUSAL_NONE;
}

static void
say(int reason, int64_t now_ms)
{
	if (reason <= SESSION_ENDS)
		journal_end(&journal, ADDRESS, (enum session_end)reason,
		    reason == SESSION_ENDS ? strsignal(SIGSEGV) : "", now_ms);
	else
		journal_refusal(&journal, ADDRESS,
		    (enum refusal)(reason - SESSION_ENDS - 1), now_ms);
}

START_TEST(every_reason_has_a_text_of_its_own)
{
	static char texts[REASONS][256];

	for (int reason = 0; reason < REASONS; reason++) {
		const char *line;

		if (!is_reason(reason))
			continue;
		say(reason, WINDOW_MS);
		line = the_line();
		ck_assert_int_eq(strncmp(line, ADDRESS ": ", 11), 0);
		ck_assert_ptr_null(strstr(line, "(null)"));
		ck_assert_uint_ge(strlen(line), 11 + 5);
		ck_assert_uint_lt(strlen(line), sizeof(texts[0]));
		strcpy(texts[reason], line);
		for (int other = 0; other < reason; other++)
			ck_assert_str_ne(texts[other], line);
	}
}
END_TEST

START_TEST(a_crash_names_its_signal)
{
	journal_end(
	    &journal, ADDRESS, SESSION_ENDS, strsignal(SIGSEGV), WINDOW_MS);
	ck_assert_ptr_nonnull(strstr(the_line(), "Segmentation fault"));
	journal_end(
	    &journal, ADDRESS, SESSION_ENDS, strsignal(SIGSYS), WINDOW_MS);
	ck_assert_ptr_nonnull(strstr(the_line(), strsignal(SIGSYS)));
}
END_TEST

/* Returns N if the line is "PROGRAM: N more in 10 s: TEXT". */
static unsigned long
count_in(const char *line)
{
	const char *number = strstr(line, ": ");
	char *end;
	unsigned long count;

	ck_assert_ptr_nonnull(number);
	count = strtoul(number + 2, &end, 10);
	ck_assert_msg(strncmp(end, " more in 10 s: ", 15) == 0,
	    "not a summary: %s", line);
	return count;
}

/* Adds that for all lines; other lines count as one. */
static unsigned long
count_all(void)
{
	unsigned long count = 0;

	(void)take_lines();
	for (char *line = strtok(said, "\n"); line != NULL;
	    line = strtok(NULL, "\n"))
		count += strstr(line, " more in 10 s: ") != NULL
		    ? count_in(line)
		    : 1;
	return count;
}

/* Many events with one reason in one window; then the summary. */
static void
flood(int reason)
{
	const int64_t start = 1000000;

	journal = (struct journal){.level = JOURNAL_ALL};
	for (int i = 0; i < EVENTS; i++)
		say(reason, start + i * (WINDOW_MS - 1) / EVENTS);
	ck_assert_uint_eq(take_lines(), LINES);
	journal_settle(&journal, start + WINDOW_MS - 1);
	ck_assert_uint_eq(take_lines(), 0);
	journal_settle(&journal, start + WINDOW_MS);
	ck_assert_uint_eq(take_lines(), 1);
	ck_assert_uint_eq(count_in(said), EVENTS - LINES);
	journal_settle(&journal, start + 5 * WINDOW_MS);
	ck_assert_uint_eq(take_lines(), 0);
}

START_TEST(p23_a_flood_of_one_reason_is_five_lines_and_a_summary)
{
	for (int reason = 0; reason < REASONS; reason++)
		if (is_reason(reason))
			flood(reason);
}
END_TEST

START_TEST(p23_a_flood_of_all_reasons_is_as_many_times_that)
{
	for (int i = 0; i < EVENTS; i++)
		for (int reason = 0; reason < REASONS; reason++)
			if (is_reason(reason))
				say(reason, WINDOW_MS + i % WINDOW_MS);
	ck_assert_uint_eq(take_lines(), LINES * (REASONS - 1));
	journal_settle(&journal, 2 * WINDOW_MS);
	ck_assert_uint_eq(take_lines(), REASONS - 1);
}
END_TEST

START_TEST(p23_a_flood_that_goes_on_stays_bounded)
{
	const int windows = 20;

	for (int i = 0; i < windows * EVENTS; i++)
		say(SESSION_SILENT,
		    WINDOW_MS + (int64_t)i * WINDOW_MS / EVENTS);
	ck_assert_uint_le(take_lines(), (unsigned)(windows * (LINES + 1)));
}
END_TEST

START_TEST(five_or_fewer_need_no_summary)
{
	for (int i = 0; i < LINES; i++)
		say(SESSION_MALFORMED, WINDOW_MS);
	ck_assert_uint_eq(take_lines(), LINES);
	journal_settle(&journal, 3 * WINDOW_MS);
	ck_assert_uint_eq(take_lines(), 0);
}
END_TEST

START_TEST(the_next_window_has_five_lines_again)
{
	for (int i = 0; i < 7; i++)
		say(SESSION_MALFORMED, WINDOW_MS);
	(void)take_lines();
	say(SESSION_MALFORMED, 2 * WINDOW_MS);
	ck_assert_uint_eq(take_lines(), 2); /* the summary, and this one */
	ck_assert_ptr_nonnull(strstr(said, ": 2 more in 10 s: "));
	for (int i = 1; i < LINES; i++)
		say(SESSION_MALFORMED, 2 * WINDOW_MS);
	ck_assert_uint_eq(take_lines(), LINES - 1);
	say(SESSION_MALFORMED, 2 * WINDOW_MS);
	ck_assert_uint_eq(take_lines(), 0);
}
END_TEST

START_TEST(reasons_do_not_use_up_each_others_lines)
{
	for (int i = 0; i < 100; i++)
		say(SESSION_MALFORMED, WINDOW_MS);
	(void)take_lines();
	say(SESSION_UNAUTHENTIC, WINDOW_MS);
	say(SESSION_ENDS + 1 + REFUSAL_FULL, WINDOW_MS);
	ck_assert_uint_eq(take_lines(), 2);
}
END_TEST

START_TEST(what_is_owed_is_due_when_the_first_window_ends)
{
	int64_t at_ms = -1;

	ck_assert(!journal_owes(&journal, &at_ms));
	for (int i = 0; i < LINES; i++)
		say(SESSION_MALFORMED, 50000);
	ck_assert(!journal_owes(&journal, &at_ms));
	say(SESSION_MALFORMED, 51000);
	ck_assert(journal_owes(&journal, &at_ms));
	ck_assert_int_eq(at_ms, 50000 + WINDOW_MS);
	for (int i = 0; i <= LINES; i++)
		say(SESSION_ENDS + 1 + REFUSAL_FULL, 45000);
	ck_assert(journal_owes(&journal, &at_ms));
	ck_assert_int_eq(at_ms, 45000 + WINDOW_MS);
	(void)take_lines();
	journal_settle(&journal, 45000 + WINDOW_MS);
	ck_assert_uint_eq(take_lines(), 1);
	ck_assert(journal_owes(&journal, &at_ms));
	ck_assert_int_eq(at_ms, 50000 + WINDOW_MS);
	journal_settle(&journal, 50000 + WINDOW_MS);
	ck_assert(!journal_owes(&journal, &at_ms));
}
END_TEST

/* Time passes, and journal_settle() is called now and then, as in the loop. */
START_TEST(what_is_said_and_what_is_not_add_up)
{
	int64_t now_ms = 123456, at_ms;
	uint32_t dice = 1;
	unsigned long events = 0;

	for (; events < EVENTS; events++) {
		dice = dice * 1664525 + 1013904223;
		now_ms += dice % 8 == 0 ? (dice >> 8) % 3000 : 0;
		if (journal_owes(&journal, &at_ms) && at_ms <= now_ms)
			journal_settle(&journal, now_ms);
		say((int)(dice >> 16) % (SESSION_ENDS + 1), now_ms);
	}
	while (journal_owes(&journal, &at_ms))
		journal_settle(&journal, at_ms);
	ck_assert_uint_eq(count_all(), events);
}
END_TEST

START_TEST(quiet_says_nothing)
{
	int64_t at_ms;

	journal.level = JOURNAL_QUIET;
	for (int i = 0; i < 100; i++)
		for (int reason = 0; reason < REASONS; reason++)
			if (is_reason(reason))
				say(reason, WINDOW_MS);
	ck_assert(!journal_owes(&journal, &at_ms));
	journal_settle(&journal, 3 * WINDOW_MS);
	ck_assert_uint_eq(take_lines(), 0);
}
END_TEST

/* Normal use is not a fault, and neither is a port scan. */
START_TEST(faults_are_all_but_the_good_ends)
{
	static const enum session_end good[] = {SESSION_DELIVERED,
	    SESSION_DUPLICATE, SESSION_PROBED, SESSION_SILENT, SESSION_LEFT,
	    SESSION_UNADMITTED};

	journal.level = JOURNAL_FAULTS;
	for (int reason = 0; reason < REASONS; reason++) {
		bool fault = is_reason(reason);

		if (!fault)
			continue;
		for (size_t i = 0; i < COUNT(good); i++)
			fault = fault && reason != (int)good[i];
		say(reason, WINDOW_MS);
		ck_assert_msg(take_lines() == fault, "reason %d", reason);
	}
}
END_TEST

START_TEST(good_ends_left_out_leave_no_summary)
{
	int64_t at_ms;

	journal.level = JOURNAL_FAULTS;
	for (int i = 0; i < 100; i++)
		say(SESSION_DELIVERED, WINDOW_MS);
	ck_assert(!journal_owes(&journal, &at_ms));
	journal_settle(&journal, 3 * WINDOW_MS);
	ck_assert_uint_eq(take_lines(), 0);
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = {
	    every_reason_has_a_text_of_its_own,
	    a_crash_names_its_signal,
	    p23_a_flood_of_one_reason_is_five_lines_and_a_summary,
	    p23_a_flood_of_all_reasons_is_as_many_times_that,
	    p23_a_flood_that_goes_on_stays_bounded,
	    five_or_fewer_need_no_summary,
	    the_next_window_has_five_lines_again,
	    reasons_do_not_use_up_each_others_lines,
	    what_is_owed_is_due_when_the_first_window_ends,
	    what_is_said_and_what_is_not_add_up,
	    quiet_says_nothing,
	    faults_are_all_but_the_good_ends,
	    good_ends_left_out_leave_no_summary,
	};

	return unit_run(&(struct unit){
	    "listener journal", tests, COUNT(tests), setup, teardown});
}
