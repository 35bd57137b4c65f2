/* Payloads: hellos at all limits, the reasons of nacks. */
#include "common/chat1/payload.h"

#include <sys/mman.h>
#include <unistd.h>

#include "common/base/error.h"
#include "tests/unit/unit.h"

static uint8_t id[SIZE_ID], share[SIZE_POINT], payload[HELLO_MAX + 1];
static char from[LIMIT_NAME + 1], to[LIMIT_NAME + 1];
static uint8_t *memory_end; /* a page that cannot be read follows */

static void
setup(void)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	uint8_t *pages = mmap(NULL, 2 * page, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	ck_assert_ptr_ne(pages, MAP_FAILED);
	memory_end = pages + page;
	ck_assert_int_eq(mprotect(memory_end, page, PROT_NONE), 0);
	for (size_t i = 0; i < SIZE_ID; i++)
		id[i] = (uint8_t)(0xa0 + i);
	for (size_t i = 0; i < SIZE_POINT; i++)
		share[i] = (uint8_t)i;
}

static size_t
pack(const char *from_name, const char *to_name)
{
	const struct hello hello = {id, from_name, to_name, share};

	memset(payload, 0xee, sizeof(payload));
	return payload_hello_pack(&hello, payload);
}

/* Decodes len bytes from memory that ends there. */
static int
unpack(size_t len)
{
	uint8_t *exact = memory_end - len;
	struct hello hello;
	int error;

	memcpy(exact, payload, len);
	error = payload_hello_unpack(exact, len, from, to, &hello);
	if (error == 0) {
		ck_assert_ptr_eq(hello.from, from);
		ck_assert_ptr_eq(hello.to, to);
		ck_assert_mem_eq(hello.id, id, SIZE_ID);
		ck_assert_mem_eq(hello.share, share, SIZE_POINT);
	}
	return error;
}

START_TEST(p02_a_hello_is_spelled_as_in_the_design)
{
	uint8_t wanted[HELLO_MAX], *p = wanted;

	*p++ = 1;
	memcpy(p, id, SIZE_ID);
	memcpy(p += SIZE_ID, "\003bob\005alice", 10);
	memcpy(p += 10, share, SIZE_POINT);
	ck_assert_uint_eq(pack("bob", "alice"), 1 + SIZE_ID + 10 + SIZE_POINT);
	ck_assert_mem_eq(payload, wanted, 1 + SIZE_ID + 10 + SIZE_POINT);
}
END_TEST

START_TEST(p11_names_of_every_length_make_the_round_trip)
{
	char a[LIMIT_NAME + 1] = "", b[LIMIT_NAME + 1];
	size_t len;

	for (size_t i = 1; i <= LIMIT_NAME; i++) {
		a[i - 1] = 'a';
		memset(b, 0, sizeof(b));
		memset(b, 'b', LIMIT_NAME + 1 - i);
		len = pack(a, b);
		ck_assert_uint_eq(
		    len, 1 + SIZE_ID + 2 + LIMIT_NAME + 1 + SIZE_POINT);
		ck_assert_int_eq(unpack(len), 0);
		ck_assert_str_eq(from, a);
		ck_assert_str_eq(to, b);
	}
	memset(b, 'b', LIMIT_NAME);
	ck_assert_uint_eq(pack(a, b), HELLO_MAX);
	ck_assert_int_eq(unpack(HELLO_MAX), 0);
	ck_assert_uint_eq(payload[HELLO_MAX], 0xee);
}
END_TEST

START_TEST(p11_every_other_length_of_a_hello_is_refused)
{
	size_t len = pack("bob", "alice");

	for (size_t cut = 0; cut < HELLO_MAX; cut++)
		ck_assert_int_eq(unpack(cut), cut == len ? 0 : CHAT_EMALFORMED);
}
END_TEST

/* Every wrong value of the two length bytes. */
START_TEST(p11_every_other_length_of_a_name_is_refused)
{
	static const size_t places[] = {1 + SIZE_ID, 1 + SIZE_ID + 4};
	size_t len;

	for (size_t i = 0; i < COUNT(places); i++)
		for (int value = 0; value < 256; value++) {
			uint8_t right;

			len = pack("bob", "alice");
			right = payload[places[i]];
			payload[places[i]] = (uint8_t)value;
			ck_assert_int_eq(
			    unpack(len), value == right ? 0 : CHAT_EMALFORMED);
		}
}
END_TEST

/* A name of 65 bytes, in a payload that has room for it. */
START_TEST(p11_a_name_over_the_limit_is_refused)
{
	uint8_t longer[HELLO_MAX + 8] = {CHAT1_VERSION};
	struct hello hello;
	size_t len = 1 + SIZE_ID;

	longer[len++] = LIMIT_NAME + 1;
	memset(longer + len, 'a', LIMIT_NAME + 1);
	len += LIMIT_NAME + 1;
	longer[len++] = 1;
	longer[len++] = 'b';
	len += SIZE_POINT;
	ck_assert_int_eq(payload_hello_unpack(longer, len, from, to, &hello),
	    CHAT_EMALFORMED);
}
END_TEST

/* Every byte at the end of either name: the grammar is that of name_valid(). */
START_TEST(names_of_a_hello_are_names)
{
	static const size_t ends[] = {1 + SIZE_ID + 3, 1 + SIZE_ID + 9};
	static const char good[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-@+"
				   "abcdefghijklmnopqrstuvwxyz";

	for (size_t i = 0; i < COUNT(ends); i++)
		for (int c = 0; c < 256; c++) {
			size_t len = pack("bob", "alice");

			payload[ends[i]] = (uint8_t)c;
			ck_assert_int_eq(unpack(len),
			    c != 0 && strchr(good, c) != NULL
				? 0
				: CHAT_EMALFORMED);
		}
}
END_TEST

START_TEST(the_version_is_looked_at_first)
{
	ck_assert_int_eq(unpack(0), CHAT_EMALFORMED);
	for (int version = 0; version < 256; version++) {
		payload[0] = (uint8_t)version;
		ck_assert_int_eq(
		    unpack(1), version == 1 ? CHAT_EMALFORMED : CHAT_EVERSION);
	}
}
END_TEST

START_TEST(p02_the_hello_of_chat1)
{
	const struct {
		const char *key;
		uint8_t *bytes;
		size_t size;
	} items[] = {{"id", id, SIZE_ID}, {"pA", share, SIZE_POINT}};
	uint8_t decoded[LIMIT_FRAME];
	struct frame frame;
	struct line line;

	for (size_t i = 0; i < COUNT(items); i++)
		unit_vector_bytes(items[i].key, items[i].bytes, items[i].size);
	line.len = strlen(unit_vector_frame(1));
	memcpy(line.bytes, unit_vector_frame(1), line.len);
	ck_assert_int_eq(
	    frame_decode(&line, &frame, decoded, sizeof(decoded)), 0);
	ck_assert_uint_eq(
	    pack(unit_vector("from"), unit_vector("to")), frame.payload_len);
	ck_assert_mem_eq(payload, decoded, frame.payload_len);
	ck_assert_int_eq(unpack(frame.payload_len), 0);
}
END_TEST

START_TEST(every_reason_byte_means_an_error)
{
	static const int errors[10] = {CHAT_EMALFORMED, CHAT_EMALFORMED,
	    CHAT_EVERSION, CHAT_ECLOCK, CHAT_EAUTH, CHAT_EMALFORMED, CHAT_EBUSY,
	    CHAT_EUNDELIVERED, CHAT_ETAKEN, CHAT_EWAIT};

	for (int reason = 0; reason < 256; reason++) {
		uint8_t bytes[2] = {(uint8_t)reason, 0};
		struct frame frame = {.payload = bytes};

		ck_assert_int_eq(payload_nack_error(&frame), CHAT_EMALFORMED);
		frame.payload_len = 1;
		ck_assert_int_eq(payload_nack_error(&frame),
		    reason < 10 ? errors[reason] : CHAT_EMALFORMED);
		frame.payload_len = 2;
		ck_assert_int_eq(payload_nack_error(&frame), CHAT_EMALFORMED);
	}
}
END_TEST

static enum nack_reason
reason_for(int error)
{
	switch (error) {
	case CHAT_EVERSION:
		return NACK_VERSION;
	case CHAT_ECLOCK:
		return NACK_CLOCK;
	case CHAT_EAUTH:
		return NACK_NOT_AUTHENTIC;
	case CHAT_EBUSY:
	case CHAT_EINTERNAL: /* our fault; the sender should retry */
		return NACK_BUSY;
	case CHAT_EUNDELIVERED:
		return NACK_NOT_DELIVERED;
	case CHAT_ETAKEN:
		return NACK_TAKEN;
	case CHAT_EWAIT:
		return NACK_WAIT;
	default:
		return NACK_MALFORMED;
	}
}

START_TEST(every_error_has_a_reason)
{
	for (int error = 0; error >= CHAT_ETAKEN - 3; error--)
		ck_assert_int_eq(payload_nack_reason(error), reason_for(error));
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = {
	    p02_a_hello_is_spelled_as_in_the_design,
	    p11_names_of_every_length_make_the_round_trip,
	    p11_every_other_length_of_a_hello_is_refused,
	    p11_every_other_length_of_a_name_is_refused,
	    p11_a_name_over_the_limit_is_refused,
	    names_of_a_hello_are_names,
	    the_version_is_looked_at_first,
	    p02_the_hello_of_chat1,
	    every_reason_byte_means_an_error,
	    every_error_has_a_reason,
	};

	return unit_run(
	    &(struct unit){"chat1", tests, COUNT(tests), setup, NULL});
}
