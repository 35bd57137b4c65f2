/* Small modules: hex, base64, CRC-32, names, errors, JSON, warm-up. */
#include <limits.h>

#include "common/base/base64.h"
#include "common/base/batch.h"
#include "common/base/crc32.h"
#include "common/base/error.h"
#include "common/base/limits.h"
#include "common/base/name.h"
#include "common/chat1/warmup.h"
#include "common/users/json.h"
#include "tests/unit/unit.h"

START_TEST(hex_of_every_byte_makes_the_round_trip)
{
	uint8_t bytes[256], again[256];
	char hex[2 * 256 + 1], wanted[3];

	for (int c = 0; c < 256; c++)
		bytes[c] = (uint8_t)c;
	hex_encode(bytes, sizeof(bytes), hex);
	ck_assert_uint_eq(strlen(hex), 512);
	for (int c = 0; c < 256; c++) {
		(void)snprintf(wanted, sizeof(wanted), "%02x", (unsigned int)c);
		ck_assert_mem_eq(hex + 2 * c, wanted, 2);
	}
	ck_assert_int_eq(hex_decode(hex, again, sizeof(again)), 0);
	ck_assert_mem_eq(bytes, again, sizeof(bytes));
	hex_encode(bytes, 0, hex);
	ck_assert_str_eq(hex, "");
}
END_TEST

/* The memory is exact, so that a sanitizer notices one digit too many. */
START_TEST(p11_hex_that_ends_early_is_refused_there)
{
	static const char digits[] = {'0', '1', '2', '3', 'x'};
	uint8_t bytes[4];
	char *ends;

	ck_assert_int_eq(hex_decode("", bytes, 0), 0);
	ck_assert_int_eq(hex_decode(digits, bytes, 2), 0);
	ck_assert_hex_eq(bytes, 2, "0123");
	for (size_t len = 0; len < 4; len++) {
		ends = malloc(len + 1);
		memcpy(ends, digits, len);
		ends[len] = '\0';
		ck_assert_int_eq(hex_decode(ends, bytes, 2), CHAT_EMALFORMED);
		free(ends);
	}
}
END_TEST

START_TEST(hex_of_other_characters_is_refused)
{
	char hex[] = "0000";
	uint8_t bytes[2];

	for (size_t at = 0; at < 4; at++)
		for (int c = 0; c < 256; c++) {
			strcpy(hex, "0000");
			hex[at] = (char)c;
			ck_assert_int_eq(hex_decode(hex, bytes, 2),
			    c != 0 && strchr("0123456789abcdef", c) != NULL
				? 0
				: CHAT_EMALFORMED);
		}
}
END_TEST

/* RFC 4648, section 10. */
START_TEST(base64_of_rfc4648)
{
	static const char *const known[][2] = {{"", ""}, {"f", "Zg=="},
	    {"fo", "Zm8="}, {"foo", "Zm9v"}, {"foob", "Zm9vYg=="},
	    {"fooba", "Zm9vYmE="}, {"foobar", "Zm9vYmFy"}};
	char text[16];
	uint8_t data[16];
	size_t len;

	for (size_t i = 0; i < COUNT(known); i++) {
		const char *plain = known[i][0], *base64 = known[i][1];

		ck_assert_uint_eq(
		    base64_encode((const uint8_t *)plain, strlen(plain), text),
		    strlen(base64));
		ck_assert_str_eq(text, base64);
		ck_assert_uint_eq(SIZE_BASE64(strlen(plain)), strlen(base64));
		ck_assert_int_eq(base64_decode(base64, strlen(base64), data,
				     sizeof(data), &len),
		    0);
		ck_assert_uint_eq(len, strlen(plain));
		ck_assert_mem_eq(data, plain, len);
	}
}
END_TEST

START_TEST(p11_base64_of_every_length_makes_the_round_trip)
{
	uint8_t bytes[300], again[302];
	char text[SIZE_BASE64(300) + 1];
	size_t len;

	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (uint8_t)(i * 7 + i / 256);
	for (size_t size = 0; size <= sizeof(bytes); size++) {
		size_t text_len = base64_encode(bytes, size, text);

		ck_assert_uint_eq(text_len, SIZE_BASE64(size));
		ck_assert_int_eq(text[text_len], '\0');
		ck_assert_int_eq(
		    base64_decode(text, text_len, again, sizeof(again), &len),
		    0);
		ck_assert_uint_eq(len, size);
		ck_assert_mem_eq(bytes, again, size);
	}
}
END_TEST

/* The memory is exact, so that a sanitizer notices one byte too many. */
START_TEST(p11_base64_keeps_to_the_room_it_has)
{
	char text[SIZE_BASE64(9) + 1];
	size_t len;

	for (size_t size = 0; size <= 9; size++)
		for (size_t room = 0; room <= 12; room++) {
			size_t text_len = base64_encode(
			    (const uint8_t *)"abcdefghi", size, text);
			uint8_t *exact = malloc(room + (room == 0));
			int error =
			    base64_decode(text, text_len, exact, room, &len);

			ck_assert_int_eq(
			    error, room < size ? CHAT_EMALFORMED : 0);
			free(exact);
		}
}
END_TEST

START_TEST(what_is_no_base64_is_refused)
{
	static const char *const bad[] = {"A", "AA", "AAA", "AAAAA",
	    "AA\n=", "AA-A", "AA_A", "AA.A",
	    "A\x80"
	    "AA",
	    "AAA\0", "****", "AAAA****", "AB==", "AAB=", "AA==AAAA", "A=AA",
	    "=AAA", "A===", "====", "AAAA====", " AAA", "AAA ", "AA= "};
	uint8_t data[16];
	size_t len = 99;

	for (size_t i = 0; i < COUNT(bad); i++)
		ck_assert_msg(base64_decode(bad[i],
				  strlen(bad[i]) == 3 ? 4 : strlen(bad[i]),
				  data, sizeof(data), &len) == CHAT_EMALFORMED,
		    "taken: %s", bad[i]);
	ck_assert_uint_eq(len, 0);
}
END_TEST

/* Computed with zlib.crc32() of Python. */
START_TEST(crc_of_zlib)
{
	static char longer[100000];
	char bytes[256];

	for (int c = 0; c < 256; c++)
		bytes[c] = (char)c;
	memset(longer, 'x', sizeof(longer));
	ck_assert_uint_eq(crc32_add(0, "", 0), 0);
	ck_assert_uint_eq(crc32_add(0, "a", 1), 0xe8b7be43);
	ck_assert_uint_eq(crc32_add(0, "123456789", 9), 0xcbf43926);
	ck_assert_uint_eq(crc32_add(0, "\0", 1), 0xd202ef8d);
	ck_assert_uint_eq(crc32_add(0, bytes, sizeof(bytes)), 0x29058c73);
	ck_assert_uint_eq(crc32_add(0, longer, sizeof(longer)), 0xfe071171);
}
END_TEST

START_TEST(p11_names_have_1_to_64_bytes)
{
	char name[LIMIT_NAME + 1];

	memset(name, 'a', sizeof(name));
	ck_assert_int_eq(LIMIT_NAME, 64);
	ck_assert(!name_valid(name, 0));
	for (size_t len = 1; len <= LIMIT_NAME; len++)
		ck_assert(name_valid(name, len));
	ck_assert(!name_valid(name, LIMIT_NAME + 1));
}
END_TEST

/* The grammar of DESIGN.md, section 1, for every byte. */
START_TEST(names_of_every_byte)
{
	static const char first[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "abcdefghijklmnopqrstuvwxyz0123456789_";

	for (int c = 0; c < 256; c++) {
		bool word = c != 0 && strchr(first, c) != NULL;
		bool mark = c != 0 && strchr(".-@+", c) != NULL;
		char name[3] = {'a', 'a', 'a'};

		name[0] = (char)c;
		ck_assert_int_eq(name_valid(name, 1), word);
		ck_assert_int_eq(name_valid(name, 3), word);
		for (size_t at = 1; at < 3; at++) {
			memset(name, 'a', 3);
			name[at] = (char)c;
			ck_assert_int_eq(name_valid(name, 3), word || mark);
		}
	}
}
END_TEST

START_TEST(p11_a_batch_has_2_to_4096_lines_that_are_not_empty)
{
	static const char *const bad[] = {
	    "", "a", "\n", "a\n", "\na", "a\nb\n", "\na\nb", "a\n\nb", "\n\n"};
	static char many[2 * LIMIT_LINES + 1];

	for (size_t i = 0; i < COUNT(bad); i++)
		ck_assert_msg(
		    batch_count(bad[i], strlen(bad[i])) == 0, "%s", bad[i]);
	ck_assert_uint_eq(batch_count("a\nb", 3), 2);
	ck_assert_uint_eq(batch_count(" \n\t\n\r", 5), 3);
	ck_assert_uint_eq(batch_first("ab\nc", 4), 2);
	ck_assert_uint_eq(batch_first("ab\nc", 2), 2);
	for (size_t i = 0; i < sizeof(many); i++)
		many[i] = i % 2 == 0 ? 'x' : '\n';
	ck_assert_uint_eq(batch_count(many, 2 * LIMIT_LINES - 1), LIMIT_LINES);
	ck_assert_uint_eq(batch_count(many, 2 * LIMIT_LINES + 1), 0);
}
END_TEST

START_TEST(every_error_has_a_text_of_its_own)
{
	for (int a = CHAT_OK; a >= CHAT_ESLOW; a--) {
		const char *text = error_text(a);

		ck_assert_ptr_nonnull(text);
		ck_assert_str_ne(text, "");
		ck_assert_str_ne(text, error_text(1));
		ck_assert(text[0] >= 'a' && text[0] <= 'z');
		ck_assert_int_ne(text[strlen(text) - 1], '.');
		for (int b = CHAT_OK; b > a; b--)
			ck_assert_str_ne(text, error_text(b));
	}
}
END_TEST

START_TEST(no_error_is_without_a_text)
{
	static const int unknown[] = {
	    1, 2, INT_MAX, CHAT_ESLOW - 1, -1000, INT_MIN + 1, INT_MIN};

	for (size_t i = 0; i < COUNT(unknown); i++)
		ck_assert_str_eq(error_text(unknown[i]), "unknown error");
}
END_TEST

/* cJSON still works after json_set_up(), even for memory allocated before. */
START_TEST(json_is_the_same_after_the_set_up)
{
	cJSON *before = cJSON_Parse("\"1\""), *after;

	json_set_up();
	after = cJSON_Parse("\"2\"");
	ck_assert_str_eq(cJSON_GetStringValue(before), "1");
	ck_assert_str_eq(cJSON_GetStringValue(after), "2");
	cJSON_Delete(before);
	cJSON_Delete(after);
}
END_TEST

START_TEST(the_warm_up_works_more_than_once)
{
	struct suite suite;

	ck_assert_int_eq(suite_open(&suite), 0);
	ck_assert_int_eq(warmup_run(&suite), 0);
	ck_assert_int_eq(warmup_run(&suite), 0);
	suite_close(&suite);
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = {
	    hex_of_every_byte_makes_the_round_trip,
	    p11_hex_that_ends_early_is_refused_there,
	    hex_of_other_characters_is_refused,
	    base64_of_rfc4648,
	    p11_base64_of_every_length_makes_the_round_trip,
	    p11_base64_keeps_to_the_room_it_has,
	    what_is_no_base64_is_refused,
	    crc_of_zlib,
	    p11_names_have_1_to_64_bytes,
	    names_of_every_byte,
	    p11_a_batch_has_2_to_4096_lines_that_are_not_empty,
	    every_error_has_a_text_of_its_own,
	    no_error_is_without_a_text,
	    json_is_the_same_after_the_set_up,
	    the_warm_up_works_more_than_once,
	};

	return unit_run(
	    &(struct unit){"small", tests, COUNT(tests), NULL, NULL});
}
