/* Frames: round trips of every type, and property 11, their limits. */
#include "common/base/error.h"
#include "common/base/timestamp.h"
#include "tests/unit/line.h"

#define ROUND_MAX 600 /* payload bytes of a round trip, under LIMIT_FRAME */

static struct line line, again;
static uint8_t bytes[LIMIT_CIPHERTEXT + 1];
static char base64[SIZE_BASE64(LIMIT_CIPHERTEXT + 1) + 1];

/* Random-looking bytes, different at each call. */
static void
fill(size_t len, unsigned int seed)
{
	uint32_t state = seed + 1;

	for (size_t i = 0; i < len; i++) {
		state = state * 1664525 + 1013904223;
		bytes[i] = (uint8_t)(state >> 24);
	}
}

/* Returns a frame with that payload and a random-looking MAC. */
static struct frame
frame_of(enum frame_type type, size_t len, bool has_mac)
{
	struct frame frame = {.type = type,
	    .payload = bytes,
	    .payload_len = len,
	    .has_mac = has_mac};

	ck_assert_int_eq(timestamp_parse(LINE_TIME, &frame.time), 0);
	for (size_t i = 0; i < SIZE_HASH; i++)
		frame.mac[i] = (uint8_t)(7 * i + len);
	return frame;
}

/* Spells the line independently into `again`. */
static void
spell(const struct frame *frame)
{
	char mac[2 * SIZE_HASH + 1] = "";

	if (frame->has_mac)
		hex_encode(frame->mac, SIZE_HASH, mac);
	line_base64(frame->payload, frame->payload_len, base64);
	line_spell(&again,
	    &(struct parts){.type = line_types[frame->type],
		.message = base64,
		.mac = mac});
}

static void
expect_same(const struct frame *a, const struct frame *b)
{
	ck_assert_int_eq(a->type, b->type);
	ck_assert_int_eq(a->time, b->time);
	ck_assert_int_eq(a->has_mac, b->has_mac);
	ck_assert_uint_eq(a->payload_len, b->payload_len);
	if (a->payload_len > 0)
		ck_assert_mem_eq(a->payload, b->payload, a->payload_len);
	if (a->has_mac)
		ck_assert_mem_eq(a->mac, b->mac, SIZE_HASH);
}

/*
 * Checks that the frame's line is spelled as the tests spell it, and decodes to
 * the same frame.
 */
static void
round_trip(const struct frame *frame)
{
	struct frame read;

	ck_assert_int_eq(frame_encode(frame, &line), 0);
	spell(frame);
	ck_assert_uint_eq(line.len, again.len);
	ck_assert_mem_eq(line.bytes, again.bytes, line.len);
	ck_assert_int_eq(line_decode(&line, &read), 0);
	expect_same(frame, &read);
}

START_TEST(every_type_and_length_makes_the_round_trip)
{
	struct frame frame;

	for (int type = FRAME_HELLO; type <= FRAME_LINES; type++)
		for (size_t len = 0; len <= ROUND_MAX; len += 1 + len / 9) {
			fill(len, (unsigned int)len);
			frame = frame_of((enum frame_type)type, len, false);
			round_trip(&frame);
			frame = frame_of((enum frame_type)type, len, true);
			if (len < ROUND_MAX - SIZE_HASH * 2)
				round_trip(&frame);
		}
}
END_TEST

START_TEST(every_byte_makes_the_round_trip)
{
	struct frame frame = frame_of(FRAME_HELLO, 256, true);

	for (size_t i = 0; i < 256; i++)
		bytes[i] = (uint8_t)i;
	round_trip(&frame);
	for (size_t i = 0; i < SIZE_HASH; i++)
		frame.mac[i] = (uint8_t)(0xff - i);
	round_trip(&frame);
}
END_TEST

START_TEST(the_vectors_make_the_round_trip)
{
	struct frame frame;

	for (int n = 1; n <= 6; n++) {
		const char *wanted = unit_vector_frame(n);

		line_copy(&line, wanted, strlen(wanted));
		ck_assert_int_eq(line_decode(&line, &frame), 0);
		ck_assert_int_eq(frame.type, n - 1);
		ck_assert_int_eq(frame.has_mac, n > 2);
		ck_assert_int_eq(frame_encode(&frame, &again), 0);
		ck_assert_uint_eq(again.len, strlen(wanted));
		ck_assert_mem_eq(again.bytes, wanted, again.len);
	}
}
END_TEST

START_TEST(an_empty_payload_may_be_null)
{
	struct frame frame = frame_of(FRAME_ACK, 0, false), read;

	frame.payload = NULL;
	ck_assert_int_eq(frame_encode(&frame, &line), 0);
	ck_assert_int_eq(line_decode(&line, &read), 0);
	ck_assert_uint_eq(read.payload_len, 0);
}
END_TEST

START_TEST(a_time_without_a_spelling_is_refused)
{
	struct frame frame = frame_of(FRAME_ACK, 0, false);

	frame.time = 253402300800; /* the year 10000 */
	ck_assert_int_eq(frame_encode(&frame, &line), CHAT_EMALFORMED);
	frame.time = -62167219201; /* before the year 0 */
	ck_assert_int_eq(frame_encode(&frame, &line), CHAT_EMALFORMED);
	frame.time = INT64_MAX;
	ck_assert_int_eq(frame_encode(&frame, &line), CHAT_EMALFORMED);
}
END_TEST

/* Lines of every length around the limit. */
START_TEST(p11_frames_but_text_end_at_their_limit)
{
	bool seen[2] = {false, false};

	for (int type = FRAME_HELLO; type <= FRAME_LINES; type++)
		for (size_t len = 500;
		    !frame_is_text((enum frame_type)type) && len < 700; len++)
			for (int has_mac = 0; has_mac < 2; has_mac++) {
				struct frame frame = frame_of(
				    (enum frame_type)type, len, has_mac == 1);
				size_t size;

				fill(len, (unsigned int)(3 * len));
				spell(&frame);
				size = again.len;
				ck_assert_int_eq(frame_encode(&frame, &line),
				    size <= LIMIT_FRAME ? 0 : CHAT_ETOOLONG);
				if (size <= LIMIT_FRAME)
					line_accept(&again);
				else
					line_refuse(&again);
				seen[0] |= size == LIMIT_FRAME;
				seen[1] |= size == LIMIT_FRAME + 1;
			}
	ck_assert(seen[0]);
	ck_assert(seen[1]);
}
END_TEST

START_TEST(p11_a_text_frame_takes_a_whole_text)
{
	struct frame frame = frame_of(FRAME_LINES, LIMIT_CIPHERTEXT, true);
	bool full = false;

	/*
	 * A checksum of ten digits uses the last byte; most checksums have ten.
	 */
	for (unsigned int seed = 0; seed < 9; seed++) {
		fill(LIMIT_CIPHERTEXT, seed);
		round_trip(&frame);
		full |= line.len == LIMIT_TEXT_FRAME;
	}
	ck_assert(full);
	frame.type = FRAME_TEXT;
	round_trip(&frame);
}
END_TEST

START_TEST(p11_a_text_frame_takes_no_byte_more)
{
	struct frame frame = frame_of(FRAME_TEXT, LIMIT_CIPHERTEXT + 1, true);

	fill(LIMIT_CIPHERTEXT + 1, 1);
	ck_assert_int_eq(frame_encode(&frame, &line), CHAT_ETOOLONG);
	spell(&frame);
	line_refuse(&again);
}
END_TEST

START_TEST(p11_an_empty_line_is_refused)
{
	line.len = 0;
	line_refuse(&line);
	line_copy(&line, "\n", 1);
	line_refuse(&line);
}
END_TEST

/* struct line has room for one byte more than any line may have. */
START_TEST(p11_a_line_that_fills_all_there_is_is_refused)
{
	memset(line.bytes, '[', sizeof(line.bytes));
	line.len = sizeof(line.bytes);
	line_refuse(&line);
	memset(line.bytes, 'a', sizeof(line.bytes));
	line_refuse(&line);
	memset(line.bytes, ' ', sizeof(line.bytes));
	line_refuse(&line);
	memset(line.bytes, '"', 1);
	line_refuse(&line);
}
END_TEST

/* The buffer is on the heap, so that a sanitizer notices one byte too many. */
START_TEST(p11_a_payload_buffer_is_never_overrun)
{
	for (size_t len = 0; len <= 40; len++)
		for (size_t size = 0; size <= 44; size++) {
			struct frame frame = frame_of(FRAME_HELLO, len, false);
			uint8_t *room = malloc(size + (size == 0));
			int error;

			fill(len, 5);
			ck_assert_int_eq(frame_encode(&frame, &line), 0);
			error = frame_decode(&line, &frame, room, size);
			ck_assert_int_eq(
			    error, size < len ? CHAT_EMALFORMED : 0);
			if (error == 0 && len > 0)
				ck_assert_mem_eq(room, bytes, len);
			free(room);
		}
}
END_TEST

START_TEST(frame_limit_is_the_design)
{
	for (int type = FRAME_HELLO; type <= FRAME_LINES; type++)
		ck_assert_uint_eq(frame_limit((enum frame_type)type),
		    frame_is_text((enum frame_type)type) ? LIMIT_TEXT_FRAME
							 : 1024);
	ck_assert_uint_ge(LIMIT_TEXT_FRAME, SIZE_BASE64(LIMIT_CIPHERTEXT));
}
END_TEST

/* Adding a MAC to a line without one gives the same as encoding it with one. */
START_TEST(a_seal_put_in_later_is_the_same_line)
{
	for (int type = FRAME_HELLO; type <= FRAME_LINES; type++) {
		struct frame frame = frame_of((enum frame_type)type, 40, true);
		uint8_t mac[SIZE_HASH];

		fill(40, (unsigned int)type);
		memcpy(mac, frame.mac, SIZE_HASH);
		ck_assert_int_eq(frame_encode(&frame, &again), 0);
		frame.has_mac = false;
		ck_assert_int_eq(frame_encode(&frame, &line), 0);
		ck_assert_int_eq(frame_set_mac(&line, mac), 0);
		ck_assert_uint_eq(line.len, again.len);
		ck_assert_mem_eq(line.bytes, again.bytes, line.len);
	}
}
END_TEST

START_TEST(p11_a_seal_for_which_there_is_no_room_is_refused)
{
	struct frame frame = frame_of(FRAME_LINES, LIMIT_CIPHERTEXT, false);
	const uint8_t mac[SIZE_HASH] = {0};

	fill(LIMIT_CIPHERTEXT, 2);
	ck_assert_int_eq(frame_encode(&frame, &line), 0);
	ck_assert_int_eq(frame_set_mac(&line, mac), 0);
	ck_assert_int_eq(frame_set_mac(&line, mac), CHAT_ETOOLONG);
}
END_TEST

/* The MAC covers the line without its MAC, whether it is in the line or not. */
START_TEST(a_mac_covers_the_line_without_it)
{
	for (int has_mac = 0; has_mac < 2; has_mac++) {
		struct frame frame = frame_of(FRAME_CONFIRM, 32, has_mac == 1);
		struct span spans[2];
		size_t len;

		fill(32, 3);
		ck_assert_int_eq(frame_encode(&frame, &line), 0);
		frame.has_mac = false;
		spell(&frame);
		frame_without_mac(&line, has_mac == 1, spans);
		len = spans[0].len + spans[1].len;
		ck_assert_uint_eq(len, again.len);
		ck_assert_mem_eq(again.bytes, spans[0].data, spans[0].len);
		ck_assert_mem_eq(
		    again.bytes + spans[0].len, spans[1].data, spans[1].len);
	}
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = {
	    every_type_and_length_makes_the_round_trip,
	    every_byte_makes_the_round_trip,
	    the_vectors_make_the_round_trip,
	    an_empty_payload_may_be_null,
	    a_time_without_a_spelling_is_refused,
	    p11_frames_but_text_end_at_their_limit,
	    p11_a_text_frame_takes_a_whole_text,
	    p11_a_text_frame_takes_no_byte_more,
	    p11_an_empty_line_is_refused,
	    p11_a_line_that_fills_all_there_is_is_refused,
	    p11_a_payload_buffer_is_never_overrun,
	    frame_limit_is_the_design,
	    a_seal_put_in_later_is_the_same_line,
	    p11_a_seal_for_which_there_is_no_room_is_refused,
	    a_mac_covers_the_line_without_it,
	};

	return unit_run(
	    &(struct unit){"frame", tests, COUNT(tests), NULL, NULL});
}
