/* Turns to write: one at a time, in order, never lost; duplicates; the end. */
#include "tests/unit/listener.h"

/* Sessions 0 to count - 1 have proven themselves, as bob. */
static void
prove(size_t count)
{
	for (size_t i = 0; i < count; i++)
		guest_prove(&guests[i], &bob);
}

/* Each session asks for its turn, for a message of its own. */
static void
queue(size_t count)
{
	prove(count);
	for (size_t i = 0; i < count; i++)
		ck_assert_int_eq(
		    guest_deliver(&guests[i], (uint32_t)(1000 + i)), 0);
}

/* Returns what each session was told last; '.' for nothing. */
static const char *
told(size_t count)
{
	static const char letters[] = ".gndtb";
	static char text[SEATS + 1];

	for (size_t i = 0; i < count; i++) {
		int verdict = guest_verdict(&guests[i]);

		must(verdict <= VERDICT_BUSY, "verdict %d", verdict);
		text[i] = letters[verdict];
	}
	text[count] = '\0';
	return text;
}

static void
done(size_t i, enum written written)
{
	ck_assert_int_eq(guest_done(&guests[i], written), 0);
}

START_TEST(one_writes_at_a_time_in_the_order_of_asking)
{
	prove(SEATS);
	for (size_t i = SEATS; i-- > 0;)
		ck_assert_int_eq(guest_deliver(&guests[i], (uint32_t)i), 0);
	ck_assert_str_eq(told(SEATS), ".......g");
	done(7, WRITTEN_ALL);
	ck_assert_str_eq(told(SEATS), "......g.");
	done(6, WRITTEN_ALL);
	ck_assert_str_eq(told(SEATS), ".....g..");
	for (size_t i = 5; i > 0; i--)
		done(i, WRITTEN_ALL);
	ck_assert_str_eq(told(SEATS), "ggggg...");
	done(0, WRITTEN_ALL);
	ck_assert_str_eq(told(SEATS), "........");
	ck_assert(TAILQ_EMPTY(&answers.turns.holders));
}
END_TEST

START_TEST(p16_a_holder_that_dies_hands_on_a_new_line)
{
	queue(3);
	ck_assert_str_eq(told(3), "g..");
	guest_leave(&guests[0]);
	ck_assert_str_eq(told(3), ".n.");
	done(1, WRITTEN_ALL);
	ck_assert_str_eq(told(3), "..g");
}
END_TEST

START_TEST(p16_a_holder_thrown_out_hands_on_a_new_line)
{
	queue(2);
	ck_assert_str_eq(told(2), "g.");
	ck_assert_int_eq(guest_deliver(&guests[0], 1), CHAT_EMALFORMED);
	ck_assert(guest_is_out(&guests[0]));
	ck_assert_str_eq(told(2), ".n");
}
END_TEST

/* Nobody waits when a line is torn; the next session is told. */
START_TEST(p16_a_torn_line_is_remembered_until_one_is_whole)
{
	prove(5);
	ck_assert_int_eq(guest_deliver(&guests[0], 0), 0);
	ck_assert_str_eq(told(5), "g....");
	guest_leave(&guests[0]);
	ck_assert_int_eq(guest_deliver(&guests[1], 1), 0);
	ck_assert_str_eq(told(5), ".n...");
	done(1, WRITTEN_NOTHING);
	ck_assert_int_eq(guest_deliver(&guests[2], 2), 0);
	ck_assert_str_eq(told(5), "..n..");
	done(2, WRITTEN_PART);
	ck_assert_int_eq(guest_deliver(&guests[3], 3), 0);
	ck_assert_str_eq(told(5), "...n.");
	done(3, WRITTEN_ALL);
	ck_assert_int_eq(guest_deliver(&guests[4], 4), 0);
	ck_assert_str_eq(told(5), "....g");
}
END_TEST

/* An invalid report is treated like a torn line. */
START_TEST(an_unknown_report_counts_as_a_torn_line)
{
	static const uint8_t reports[] = {0, 5, 255};

	for (size_t i = 0; i < COUNT(reports); i++) {
		answers.turns.torn = false;
		queue(2);
		ck_assert_str_eq(told(2), "g.");
		done(0, (enum written)reports[i]);
		ck_assert_str_eq(told(2), ".n");
		done(1, WRITTEN_NOTHING);
		guest_leave(&guests[0]);
		guest_leave(&guests[1]);
	}
}
END_TEST

/* Any two of the waiting sessions leave, one after the other. */
START_TEST(p16_who_dies_waiting_leaves_the_queue)
{
	for (size_t i = 1; i < 5; i++)
		for (size_t k = 1; k < 5; k++) {
			queue(5);
			ck_assert_str_eq(told(5), "g....");
			guest_leave(&guests[i]);
			if (i != k)
				guest_leave(&guests[k]);
			for (size_t at = 0; at < 5; at++)
				if (at == 0 || (at != i && at != k)) {
					done(at, WRITTEN_NOTHING);
					guest_leave(&guests[at]);
				}
			ck_assert(TAILQ_EMPTY(&answers.turns.holders));
			ck_assert(TAILQ_EMPTY(&answers.turns.waiting));
		}
}
END_TEST

START_TEST(p16_who_speaks_while_waiting_is_thrown_out)
{
	queue(3);
	ck_assert_int_eq(guest_done(&guests[1], WRITTEN_ALL), CHAT_EMALFORMED);
	ck_assert(guest_is_out(&guests[1]));
	ck_assert_str_eq(told(3), "g..");
	done(0, WRITTEN_ALL);
	ck_assert_str_eq(told(3), "..g");
}
END_TEST

START_TEST(p16_nobody_writes_without_a_turn)
{
	queue(2);
	ck_assert_int_eq(guest_done(&guests[1], WRITTEN_ALL), CHAT_EMALFORMED);
	ck_assert_ptr_eq(TAILQ_FIRST(&answers.turns.holders), &guests[0].slot);
	ck_assert_uint_eq(answers.left, ULONG_MAX);
}
END_TEST

START_TEST(a_message_shown_before_is_a_duplicate)
{
	prove(3);
	ck_assert_int_eq(guest_deliver(&guests[0], 7), 0);
	done(0, WRITTEN_ALL);
	ck_assert_int_eq(guest_deliver(&guests[1], 7), 0);
	ck_assert_str_eq(told(3), "gd.");
	ck_assert(TAILQ_EMPTY(&answers.turns.holders));
	ck_assert_int_eq(guest_deliver(&guests[2], 8), 0);
	ck_assert_str_eq(told(3), "..g");
}
END_TEST

/* A known id with another text is neither shown nor receipted. */
START_TEST(p27_another_text_under_a_known_id_is_told_so)
{
	prove(4);
	guests[1].digest[0] = guests[2].digest[SIZE_HASH - 1] = 1;
	for (size_t i = 0; i < 3; i++)
		ck_assert_int_eq(guest_deliver(&guests[i], 7), 0);
	ck_assert_str_eq(told(4), "g...");
	done(0, WRITTEN_ALL);
	ck_assert_str_eq(told(4), ".tt.");
	ck_assert_int_eq(guest_deliver(&guests[3], 7), 0);
	ck_assert_str_eq(told(4), "...d");
}
END_TEST

/* The id of a message that was not shown is free. */
START_TEST(p27_an_id_is_taken_once_its_text_is_shown)
{
	prove(3);
	guests[1].digest[0] = 1;
	for (size_t i = 0; i < 3; i++)
		ck_assert_int_eq(guest_deliver(&guests[i], 7), 0);
	done(0, WRITTEN_NOTHING);
	ck_assert_str_eq(told(3), "gg.");
	done(1, WRITTEN_ALL);
	ck_assert_str_eq(told(3), "..t");
}
END_TEST

/* A retry comes while the message is being written: it waits. */
START_TEST(a_duplicate_of_what_is_being_written_waits_for_it)
{
	prove(4);
	for (size_t i = 0; i < 3; i++)
		ck_assert_int_eq(guest_deliver(&guests[i], 7), 0);
	ck_assert_int_eq(guest_deliver(&guests[3], 8), 0);
	ck_assert_str_eq(told(4), "g...");
	done(0, WRITTEN_ALL);
	ck_assert_str_eq(told(4), ".ddg");
}
END_TEST

START_TEST(what_was_not_shown_is_not_remembered)
{
	prove(4);
	for (size_t i = 0; i < 4; i++)
		ck_assert_int_eq(guest_deliver(&guests[i], 7), 0);
	done(0, WRITTEN_NOTHING);
	ck_assert_str_eq(told(4), "gg..");
	done(1, WRITTEN_PART);
	ck_assert_str_eq(told(4), "..n.");
	guest_leave(&guests[2]);
	ck_assert_str_eq(told(4), "...n");
}
END_TEST

START_TEST(the_same_id_of_another_sender_is_another_message)
{
	guest_prove(&guests[0], &bob);
	guest_prove(&guests[1], &dave);
	guest_prove(&guests[2], &carol);
	for (size_t i = 0; i < 3; i++) {
		ck_assert_int_eq(guest_deliver(&guests[i], 7), 0);
		done(i, WRITTEN_ALL);
	}
	ck_assert_str_eq(told(3), "ggg");
}
END_TEST

/* Across a reload, a name can be listed in one session and not in another. */
START_TEST(p27_an_unlisted_sender_uses_up_no_id_of_a_listed_one)
{
	const struct claim unlisted = {
	    "bob", "alice", bob.password_to, bob.password_to};

	guest_prove(&guests[0], &bob);
	office_read("[{\"username\":\"alice\",\"port\":5000,"
		    "\"password\":\"alice's long secret\","
		    "\"ip\":\"192.0.2.1\"}]");
	guest_prove(&guests[1], &unlisted);
	guests[1].digest[0] = 1;
	for (size_t i = 2; i-- > 0;) {
		ck_assert_int_eq(guest_deliver(&guests[i], 7), 0);
		done(i, WRITTEN_ALL);
	}
	ck_assert_str_eq(told(2), "gg");
}
END_TEST

START_TEST(after_the_last_message_all_is_busy_but_duplicates)
{
	answers.left = 2;
	prove(6);
	for (uint32_t i = 0; i < 4; i++)
		ck_assert_int_eq(guest_deliver(&guests[i], i), 0);
	done(0, WRITTEN_ALL);
	done(1, WRITTEN_ALL);
	ck_assert_str_eq(told(6), "ggbb..");
	ck_assert_int_eq(guest_deliver(&guests[4], 1), 0);
	ck_assert_int_eq(guest_deliver(&guests[5], 5), 0);
	ck_assert_str_eq(told(6), "....db");
	ck_assert_uint_eq(answers.left, 0);
}
END_TEST

START_TEST(only_what_was_written_whole_counts)
{
	answers.left = 1;
	queue(5);
	done(0, WRITTEN_NOTHING);
	done(1, WRITTEN_PART);
	guest_leave(&guests[2]);
	ck_assert_uint_eq(answers.left, 1);
	done(3, WRITTEN_ALL);
	ck_assert_uint_eq(answers.left, 0);
	ck_assert_str_eq(told(5), "gg.nb");
}
END_TEST

/* A session that does not read gets no turn, and takes none from others. */
START_TEST(p16_a_deaf_session_is_passed_over)
{
	prove(4);
	guest_deafen(&guests[1]);
	guest_deafen(&guests[2]);
	for (uint32_t i = 0; i < 4; i++)
		ck_assert_int_eq(guest_deliver(&guests[i], i), 0);
	done(0, WRITTEN_ALL);
	ck_assert_int_eq(guest_verdict(&guests[3]), VERDICT_GO);
	ck_assert_ptr_eq(TAILQ_FIRST(&answers.turns.holders), &guests[3].slot);
	ck_assert_int_eq(guest_done(&guests[1], WRITTEN_ALL), CHAT_EMALFORMED);
	ck_assert_ptr_eq(TAILQ_FIRST(&answers.turns.holders), &guests[3].slot);
}
END_TEST

START_TEST(p16_a_deaf_session_alone_does_not_keep_the_turn)
{
	prove(2);
	guest_deafen(&guests[0]);
	ck_assert_int_eq(guest_deliver(&guests[0], 1), 0);
	ck_assert(TAILQ_EMPTY(&answers.turns.holders));
	ck_assert_int_eq(guest_deliver(&guests[1], 2), 0);
	ck_assert_int_eq(guest_verdict(&guests[1]), VERDICT_GO);
}
END_TEST

/* The keyholder learns of its death only after it was its turn. */
START_TEST(p16_a_session_that_died_waiting_is_passed_over)
{
	queue(3);
	(void)close(guests[1].session);
	done(0, WRITTEN_ALL);
	ck_assert_int_eq(guest_verdict(&guests[2]), VERDICT_GO);
	ck_assert_ptr_eq(TAILQ_FIRST(&answers.turns.holders), &guests[2].slot);
	ck_assert_int_eq(guest_serve(&guests[1]), CHAT_ECLOSED);
	ck_assert_ptr_eq(TAILQ_FIRST(&answers.turns.holders), &guests[2].slot);
	guests[1].session = -1;
}
END_TEST

/*
 * From here on: a command handles messages, so several turns are given at once.
 */
START_TEST(as_many_have_a_turn_as_may)
{
	answers.turns.most = 3;
	queue(6);
	ck_assert_str_eq(told(6), "ggg...");
	done(1, WRITTEN_ALL);
	ck_assert_str_eq(told(6), "...g..");
	done(3, WRITTEN_NOTHING);
	done(0, WRITTEN_ALL);
	ck_assert_str_eq(told(6), "....gg");
	ck_assert_uint_eq(answers.turns.taken, 3);
	for (size_t i = 2; i < 6; i++)
		if (i != 3)
			done(i, WRITTEN_ALL);
	ck_assert_uint_eq(answers.turns.taken, 0);
	ck_assert(TAILQ_EMPTY(&answers.turns.holders));
}
END_TEST

START_TEST(p16_each_of_several_holders_may_die)
{
	for (size_t dies = 0; dies < 3; dies++) {
		answers.turns.most = 3;
		answers.turns.torn = false;
		queue(4);
		ck_assert_str_eq(told(4), "ggg.");
		guest_leave(&guests[dies]);
		ck_assert_str_eq(told(4), "...n");
		for (size_t i = 0; i < 4; i++)
			if (i != dies)
				guest_leave(&guests[i]);
		ck_assert_uint_eq(answers.turns.taken, 0);
	}
}
END_TEST

START_TEST(a_message_in_hand_is_not_handled_twice)
{
	answers.turns.most = 3;
	guest_prove(&guests[0], &bob);
	guest_prove(&guests[1], &bob);
	guest_prove(&guests[2], &dave);
	guest_prove(&guests[3], &bob);
	for (size_t i = 0; i < 3; i++)
		ck_assert_int_eq(guest_deliver(&guests[i], 7), 0);
	ck_assert_str_eq(told(4), "gbg.");
	done(0, WRITTEN_HANDLED);
	ck_assert_int_eq(guest_deliver(&guests[3], 7), 0);
	ck_assert_str_eq(told(4), "...d");
}
END_TEST

START_TEST(what_was_not_handled_may_be_tried_again)
{
	answers.turns.most = 3;
	prove(2);
	ck_assert_int_eq(guest_deliver(&guests[0], 7), 0);
	done(0, WRITTEN_NOTHING);
	ck_assert_int_eq(guest_deliver(&guests[1], 7), 0);
	ck_assert_str_eq(told(2), "gg");
}
END_TEST

/* All messages being handled may succeed, so they count. */
START_TEST(no_more_are_handled_than_are_left)
{
	answers.turns.most = 3;
	answers.left = 2;
	queue(3);
	ck_assert_str_eq(told(3), "ggb");
	done(0, WRITTEN_NOTHING);
	guest_prove(&guests[3], &bob);
	ck_assert_int_eq(guest_deliver(&guests[3], 7), 0);
	ck_assert_str_eq(told(4), "...g");
	done(1, WRITTEN_HANDLED);
	done(3, WRITTEN_HANDLED);
	ck_assert_uint_eq(answers.left, 0);
	ck_assert_uint_eq(answers.shown, 2);
}
END_TEST

START_TEST(what_was_handled_may_not_have_been_shown_whole)
{
	queue(3);
	ck_assert_str_eq(told(3), "g..");
	done(0, WRITTEN_HANDLED);
	ck_assert_uint_eq(answers.shown, 1);
	ck_assert_str_eq(told(3), ".n.");
	done(1, WRITTEN_ALL);
	ck_assert_str_eq(told(3), "..g");
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = {
	    one_writes_at_a_time_in_the_order_of_asking,
	    p16_a_holder_that_dies_hands_on_a_new_line,
	    p16_a_holder_thrown_out_hands_on_a_new_line,
	    p16_a_torn_line_is_remembered_until_one_is_whole,
	    an_unknown_report_counts_as_a_torn_line,
	    p16_who_dies_waiting_leaves_the_queue,
	    p16_who_speaks_while_waiting_is_thrown_out,
	    p16_nobody_writes_without_a_turn,
	    a_message_shown_before_is_a_duplicate,
	    p27_another_text_under_a_known_id_is_told_so,
	    p27_an_id_is_taken_once_its_text_is_shown,
	    a_duplicate_of_what_is_being_written_waits_for_it,
	    what_was_not_shown_is_not_remembered,
	    the_same_id_of_another_sender_is_another_message,
	    p27_an_unlisted_sender_uses_up_no_id_of_a_listed_one,
	    after_the_last_message_all_is_busy_but_duplicates,
	    only_what_was_written_whole_counts,
	    p16_a_deaf_session_is_passed_over,
	    p16_a_deaf_session_alone_does_not_keep_the_turn,
	    p16_a_session_that_died_waiting_is_passed_over,
	    as_many_have_a_turn_as_may,
	    p16_each_of_several_holders_may_die,
	    a_message_in_hand_is_not_handled_twice,
	    what_was_not_handled_may_be_tried_again,
	    no_more_are_handled_than_are_left,
	    what_was_handled_may_not_have_been_shown_whole,
	};

	return unit_run(&(struct unit){"listener turns", tests, COUNT(tests),
	    office_setup, office_teardown});
}
