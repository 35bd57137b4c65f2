/* Property 17: the class of every end, by the table of end.c; none is free. */
#include "listener/link/end.h"
#include "tests/unit/listener.h"

/* These are not the peer's fault. */
static bool
is_nobodys(enum session_end end)
{
	return end == SESSION_UNADMITTED || end == SESSION_UNSTARTED ||
	    end == SESSION_UNCONFINED;
}

START_TEST(p17_without_a_proof_nothing_is_excused)
{
	for (int end = 0; end <= SESSION_ENDS; end++)
		ck_assert_msg(is_nobodys((enum session_end)end) ==
			(end_class((enum session_end)end, false) ==
			    END_EXCUSED),
		    "%s", end_text((enum session_end)end));
}
END_TEST

START_TEST(p17_after_the_proof_what_is_our_fault_or_the_clocks_is_excused)
{
	static const enum session_end excused[] = {SESSION_DELIVERED,
	    SESSION_UNRECEIPTED, SESSION_DUPLICATE, SESSION_TAKEN,
	    SESSION_PROBED, SESSION_CLOCK, SESSION_BUSY, SESSION_UNADMITTED,
	    SESSION_POSTPONED, SESSION_UNHANDLED, SESSION_OVERDUE,
	    SESSION_UNWRITTEN, SESSION_OUTPUT_GONE, SESSION_UNRECORDED,
	    SESSION_UNANSWERED, SESSION_UNSHOWN, SESSION_UNSTARTED,
	    SESSION_UNCONFINED, SESSION_FAILED_START, SESSION_FAILED_HANDSHAKE,
	    SESSION_FAILED_TEXT, SESSION_FAILED_RECEIPT};
	size_t count = 0;

	for (size_t i = 0; i < COUNT(excused); i++)
		ck_assert_int_eq(end_class(excused[i], true), END_EXCUSED);
	for (int end = 0; end <= SESSION_ENDS; end++)
		count += end_class((enum session_end)end, true) == END_EXCUSED;
	ck_assert_uint_eq(count, COUNT(excused));
}
END_TEST

START_TEST(p17_guesses_and_crashes_count_as_such)
{
	for (int proven = 0; proven < 2; proven++) {
		ck_assert_int_eq(
		    end_class(SESSION_UNAUTHENTIC, proven == 1), END_GUESS);
		ck_assert_int_eq(
		    end_class(SESSION_ENDS, proven == 1), END_CRASH);
	}
}
END_TEST

START_TEST(every_end_has_words_of_its_own)
{
	for (int a = 0; a <= SESSION_ENDS; a++) {
		ck_assert_ptr_nonnull(end_text((enum session_end)a));
		for (int b = 0; b < a; b++)
			ck_assert_str_ne(end_text((enum session_end)a),
			    end_text((enum session_end)b));
	}
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = {
	    p17_without_a_proof_nothing_is_excused,
	    p17_after_the_proof_what_is_our_fault_or_the_clocks_is_excused,
	    p17_guesses_and_crashes_count_as_such,
	    every_end_has_words_of_its_own,
	};

	return unit_run(
	    &(struct unit){"listener end", tests, COUNT(tests), NULL, NULL});
}
