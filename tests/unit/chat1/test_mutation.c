/* Property 1: every change to every frame of a session makes it fail. */
#include "tests/unit/pair.h"

static struct moving before; /* the session before the frame is read */
static struct line intact;   /* the frame as it was sent */
static int number;           /* its number, 1 to 6 */

/* Goes to where frame n has been sent but not read. */
static void
reach_frame(int n)
{
	number = n;
	pair_reach(reader_of[n]);
	before = pair.at;
	intact = pair.frames[n];
	/*
	 * The tests below prove nothing unless the unchanged frame is accepted.
	 */
	pair_reach(STEPS);
	ck_assert(pair.at.shown);
}

/* A line that decodes must be the only spelling of its contents. */
static void
expect_canonical(const struct line *line)
{
	static uint8_t payload[LIMIT_CIPHERTEXT];
	static struct line again;
	struct frame frame;

	if (frame_decode(line, &frame, payload, sizeof(payload)) != 0)
		return;
	ck_assert_int_eq(frame_encode(&frame, &again), 0);
	ck_assert_uint_eq(again.len, line->len);
	ck_assert_mem_eq(again.bytes, line->bytes, line->len);
}

/* Goes on with the changed frame: neither side may be deceived. */
static void
fail_closed(void)
{
	const struct line *changed = &pair.frames[number];
	int error;

	if (changed->len == intact.len &&
	    memcmp(changed->bytes, intact.bytes, intact.len) == 0)
		return; /* two equal bytes were swapped */
	expect_canonical(changed);
	pair.at = before;
	error = pair_until(STEPS);
	ck_assert_msg(error != 0, "frame %d as %.*s has a receipt", number,
	    (int)changed->len, changed->bytes);
	ck_assert_msg(number == FRAMES || !pair.at.shown,
	    "frame %d as %.*s shows a text", number, (int)changed->len,
	    changed->bytes);
	/*
	 * A sender who refuses the answer does not know what happened to the
	 * text.
	 */
	if (number == FRAMES)
		ck_assert_int_eq(error, CHAT_EUNCONFIRMED);
}

static void
put_back(void)
{
	pair.frames[number] = intact;
}

START_TEST(p01_every_flipped_bit_fails_closed)
{
	reach_frame(_i);
	for (size_t bit = 0; bit < 8 * intact.len; bit++) {
		put_back();
		pair.frames[_i].bytes[bit / 8] ^= (char)(1 << bit % 8);
		fail_closed();
	}
}
END_TEST

START_TEST(p01_every_deleted_byte_fails_closed)
{
	struct line *line = &pair.frames[_i];

	reach_frame(_i);
	for (size_t at = 0; at < intact.len; at++) {
		put_back();
		memmove(
		    line->bytes + at, line->bytes + at + 1, line->len - at - 1);
		line->len--;
		fail_closed();
	}
}
END_TEST

START_TEST(p01_every_duplicated_byte_fails_closed)
{
	struct line *line = &pair.frames[_i];

	reach_frame(_i);
	for (size_t at = 0; at < intact.len; at++) {
		put_back();
		memmove(line->bytes + at + 1, line->bytes + at, line->len - at);
		line->len++;
		fail_closed();
	}
}
END_TEST

START_TEST(p01_every_swap_of_neighbours_fails_closed)
{
	char *bytes = pair.frames[_i].bytes;

	reach_frame(_i);
	for (size_t at = 0; at + 1 < intact.len; at++) {
		put_back();
		bytes[at] = intact.bytes[at + 1];
		bytes[at + 1] = intact.bytes[at];
		fail_closed();
	}
}
END_TEST

START_TEST(p01_every_truncation_fails_closed)
{
	reach_frame(_i);
	for (size_t len = 0; len < intact.len; len++) {
		put_back();
		pair.frames[_i].len = len;
		fail_closed();
	}
}
END_TEST

START_TEST(p01_every_byte_behind_the_frame_fails_closed)
{
	reach_frame(_i);
	for (int c = 0; c < 256; c++) {
		put_back();
		pair.frames[_i].bytes[pair.frames[_i].len++] = (char)c;
		fail_closed();
	}
}
END_TEST

/* Encodes changed values again, with a right CRC: a valid frame. */
static void
spell_again(const struct frame *frame)
{
	ck_assert_int_eq(frame_encode(frame, &pair.frames[number]), 0);
	fail_closed();
}

/* Decodes the unchanged frame, with its payload in `payload`. */
static struct frame
taken_apart(uint8_t payload[LIMIT_FRAME])
{
	struct frame frame;

	ck_assert_int_eq(
	    frame_decode(&intact, &frame, payload, LIMIT_FRAME), 0);
	return frame;
}

START_TEST(p01_every_payload_bit_flipped_with_its_crc_fails_closed)
{
	uint8_t payload[LIMIT_FRAME];
	struct frame frame;

	reach_frame(_i);
	frame = taken_apart(payload);
	for (size_t bit = 0; bit < 8 * frame.payload_len; bit++) {
		payload[bit / 8] ^= (uint8_t)(1 << bit % 8);
		spell_again(&frame);
		payload[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
}
END_TEST

START_TEST(p01_every_payload_length_with_its_crc_fails_closed)
{
	uint8_t payload[LIMIT_FRAME];
	struct frame frame;
	size_t len;

	reach_frame(_i);
	frame = taken_apart(payload);
	len = frame.payload_len;
	memset(payload + len, 0, sizeof(payload) - len);
	for (frame.payload_len = 0; frame.payload_len < 400;
	    frame.payload_len++)
		spell_again(&frame);
}
END_TEST

START_TEST(p01_every_mac_bit_flipped_fails_closed)
{
	uint8_t payload[LIMIT_FRAME];
	struct frame frame;

	reach_frame(_i);
	frame = taken_apart(payload);
	for (size_t bit = 0; bit < 8 * SIZE_HASH; bit++) {
		frame.has_mac = true; /* only the first two have none */
		frame.mac[bit / 8] ^= (uint8_t)(1 << bit % 8);
		spell_again(&frame);
		frame.mac[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
	if (_i > 2) {
		frame.has_mac = false;
		spell_again(&frame);
	}
}
END_TEST

START_TEST(p01_every_other_time_in_the_window_fails_closed)
{
	uint8_t payload[LIMIT_FRAME];
	struct frame frame;
	int64_t time;

	reach_frame(_i);
	frame = taken_apart(payload);
	time = frame.time;
	for (int s = -LIMIT_CLOCK_SKEW - 1; s <= LIMIT_CLOCK_SKEW + 1; s++) {
		frame.time = time + s;
		spell_again(&frame);
	}
}
END_TEST

START_TEST(p01_every_other_type_fails_closed)
{
	uint8_t payload[LIMIT_FRAME];
	struct frame frame;

	reach_frame(_i);
	frame = taken_apart(payload);
	for (int type = FRAME_HELLO; type <= FRAME_NACK; type++) {
		frame.type = (enum frame_type)type;
		spell_again(&frame);
	}
}
END_TEST

/* Puts any other frame of the session in the place of this one. */
START_TEST(p01_every_frame_in_the_place_of_another_fails_closed)
{
	reach_frame(_i);
	for (int n = 1; n <= FRAMES; n++) {
		const char *bytes = unit_vector_frame(n);

		pair_replace(number, bytes, strlen(bytes));
		fail_closed();
	}
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = {
	    p01_every_flipped_bit_fails_closed,
	    p01_every_deleted_byte_fails_closed,
	    p01_every_duplicated_byte_fails_closed,
	    p01_every_swap_of_neighbours_fails_closed,
	    p01_every_truncation_fails_closed,
	    p01_every_byte_behind_the_frame_fails_closed,
	    p01_every_payload_bit_flipped_with_its_crc_fails_closed,
	    p01_every_payload_length_with_its_crc_fails_closed,
	    p01_every_mac_bit_flipped_fails_closed,
	    p01_every_other_time_in_the_window_fails_closed,
	    p01_every_other_type_fails_closed,
	    p01_every_frame_in_the_place_of_another_fails_closed,
	};
	const struct unit unit = {
	    "mutation", NULL, 0, pair_setup, pair_teardown};
	Suite *suite = suite_create(unit.name);
	TCase *tc = unit_case(&unit);

	for (size_t i = 0; i < COUNT(tests); i++)
		tcase_add_loop_test(tc, tests[i], 1, FRAMES + 1);
	suite_add_tcase(suite, tc);
	return unit_run_suite(suite);
}
