/* Property 9: every type of frame in every state, and calls out of order. */
#include "tests/unit/pair.h"

static struct moving states[STEPS + 1]; /* before each step, and at the end */

/*
 * Returns the payload that this type has in chat1.json; for a nack, one of
 * ours.
 */
static struct frame
typical(enum frame_type type)
{
	static const uint8_t reason = NACK_BUSY;
	static struct line line;
	struct frame frame = {.type = FRAME_NACK,
	    .time = pair_time(),
	    .payload = &reason,
	    .payload_len = 1};

	if (type == FRAME_LINES)
		type = FRAME_TEXT;
	if (type == FRAME_NACK)
		return frame;
	line.len = strlen(unit_vector_frame((int)type + 1));
	memcpy(line.bytes, unit_vector_frame((int)type + 1), line.len);
	pair_decode(&line, &frame);
	return frame;
}

/* The error that the reader of frame n must return for a frame of this type. */
static int
verdict(int n, enum frame_type type, bool has_mac)
{
	if (type == FRAME_LINES && n == 5 && has_mac)
		return CHAT_ETEXT; /* the text is no batch */
	if ((int)type == n - 1 && has_mac == (n > 2))
		return CHAT_OK;
	if (type == FRAME_NACK && has_mac == (n == 6) && n % 2 == 0)
		return CHAT_EBUSY;
	return n == 6 ? CHAT_EUNCONFIRMED : CHAT_EMALFORMED;
}

/* Gives the reader of frame n this frame, with a right MAC. */
static void
offer(int n, const struct frame *frame)
{
	int wanted = verdict(n, frame->type, frame->has_mac), error;

	pair.at = states[reader_of[n]];
	pair_forge(n, frame, &pair.frames[n]);
	error = pair_step(reader_of[n]);
	ck_assert_msg(error == wanted,
	    "in the place of frame %d type %d, %s a MAC, is %d (%s), not %d", n,
	    (int)frame->type, frame->has_mac ? "with" : "without", error,
	    error_text(error), wanted);
	ck_assert(error == 0 || n == FRAMES || !pair.at.shown);
}

/* Saves the session before each of its steps. */
static void
record(void)
{
	for (int step = 0; step <= STEPS; step++) {
		pair_reach((enum step)step);
		states[step] = pair.at;
	}
}

/* The payload is right: only type and MAC are wrong. */
START_TEST(p09_another_type_with_the_right_payload_is_refused)
{
	struct frame frame;

	record();
	for (int n = 1; n <= FRAMES; n++)
		for (int type = FRAME_HELLO; type <= FRAME_LINES; type++)
			for (int has_mac = 0; has_mac < 2; has_mac++) {
				if (type == FRAME_NACK)
					continue;
				frame = typical((enum frame_type)(n - 1));
				frame.type = (enum frame_type)type;
				frame.has_mac = has_mac == 1;
				offer(n, &frame);
			}
}
END_TEST

/* The payload belongs to the wrong type. */
START_TEST(p09_every_type_in_every_state_is_refused_but_the_right_one)
{
	struct frame frame;

	record();
	for (int n = 1; n <= FRAMES; n++)
		for (int type = FRAME_HELLO; type <= FRAME_LINES; type++)
			for (int has_mac = 0; has_mac < 2; has_mac++) {
				frame = typical((enum frame_type)type);
				frame.has_mac = has_mac == 1;
				offer(n, &frame);
			}
}
END_TEST

START_TEST(p09_a_refused_frame_ends_the_session)
{
	struct line right;

	record();
	for (int n = 1; n <= FRAMES; n++) {
		pair.at = states[reader_of[n]];
		right = pair.frames[n];
		pair.frames[n].len--;
		ck_assert_int_ne(pair_step(reader_of[n]), 0);
		pair.frames[n] = right;
		ck_assert_int_eq(pair_step(reader_of[n]), CHAT_EINTERNAL);
	}
}
END_TEST

static bool
of_initiator(int step)
{
	return step == STEP_HELLO || step == STEP_CHALLENGE ||
	    step == STEP_CONFIRM || step == STEP_TEXT || step == STEP_RECEIPT;
}

/* Returns the next step of the same role, if the session is before `at`. */
static int
turn(int at, bool initiator)
{
	while (at < STEPS && of_initiator(at) != initiator)
		at++;
	return at;
}

/*
 * Every call in every state fails with CHAT_EINTERNAL, unless it is its turn.
 */
START_TEST(p09_calls_out_of_order_are_refused)
{
	record();
	for (int at = 0; at <= STEPS; at++)
		for (int step = 0; step < STEPS; step++) {
			int wanted = turn(at, of_initiator(step)) == step
			    ? CHAT_OK
			    : CHAT_EINTERNAL;

			pair.at = states[at];
			ck_assert_msg(pair_step((enum step)step) == wanted,
			    "call %d before step %d", step, at);
		}
}
END_TEST

START_TEST(p09_a_call_out_of_order_ends_the_session)
{
	record();
	for (int at = 0; at <= STEPS; at++)
		for (int step = 0; step < STEPS; step++) {
			int right = turn(at, of_initiator(step));

			if (right == step || right == STEPS)
				continue;
			pair.at = states[at];
			(void)pair_step((enum step)step);
			ck_assert_int_eq(
			    pair_step((enum step)right), CHAT_EINTERNAL);
		}
}
END_TEST

START_TEST(p09_a_closed_session_makes_no_step)
{
	record();
	for (int at = 0; at <= STEPS; at++)
		for (int step = 0; step < STEPS; step++) {
			pair.at = states[at];
			initiator_close(&pair.at.initiator);
			responder_close(&pair.at.responder);
			ck_assert_int_eq(
			    pair_step((enum step)step), CHAT_EINTERNAL);
		}
}
END_TEST

START_TEST(p09_the_keyholder_is_asked_once_each)
{
	record();
	ck_assert_int_eq(states[STEP_READ_HELLO].holder.begun, 0);
	ck_assert_int_eq(states[STEP_CHALLENGE].holder.begun, 1);
	ck_assert_int_eq(states[STEP_RESPONSE].holder.verified, 0);
	ck_assert_int_eq(states[STEPS].holder.begun, 1);
	ck_assert_int_eq(states[STEPS].holder.verified, 1);
	pair.at = states[STEP_CONFIRM];
	ck_assert_int_eq(pair_step(STEP_RESPONSE), CHAT_EINTERNAL);
	ck_assert_int_eq(pair_step(STEP_READ_HELLO), CHAT_EINTERNAL);
	ck_assert_int_eq(pair.at.holder.begun, 1);
	ck_assert_int_eq(pair.at.holder.verified, 1);
}
END_TEST

/* If the keyholder refuses, the session ends with its error. */
START_TEST(p09_the_keyholder_may_refuse)
{
	static const uint8_t zero[SIZE_POINT];
	const struct hello hello = {zero, "bob", "alice", zero};
	uint8_t payload[HELLO_MAX];

	pair_reach(STEP_READ_HELLO);
	pair_forge_payload(1, payload, payload_hello_pack(&hello, payload));
	ck_assert_int_eq(pair_step(STEP_READ_HELLO), CHAT_EPOINT);
	ck_assert_int_eq(pair.at.holder.begun, 1);
	ck_assert_int_eq(pair_step(STEP_RESPONSE), CHAT_EINTERNAL);
	ck_assert_int_eq(pair.at.holder.verified, 0);
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = {
	    p09_another_type_with_the_right_payload_is_refused,
	    p09_every_type_in_every_state_is_refused_but_the_right_one,
	    p09_a_refused_frame_ends_the_session,
	    p09_calls_out_of_order_are_refused,
	    p09_a_call_out_of_order_ends_the_session,
	    p09_a_closed_session_makes_no_step,
	    p09_the_keyholder_is_asked_once_each,
	    p09_the_keyholder_may_refuse,
	};

	return unit_run(&(struct unit){
	    "order", tests, COUNT(tests), pair_setup, pair_teardown});
}
