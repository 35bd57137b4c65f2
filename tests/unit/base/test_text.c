/* Property 22: UTF-8, and which characters are safe to show. */
#include <errno.h>

#include "common/base/error.h"
#include "common/base/limits.h"
#include "common/base/text.h"
#include "tests/unit/unit.h"

#define LAST 0x10ffff

static bool
is_scalar(int32_t c)
{
	return c >= 0 && c <= LAST && (c < 0xd800 || c > 0xdfff);
}

/* Encodes as in RFC 3629, section 3; text_next() is compared with it. */
static size_t
encode(int32_t c, uint8_t bytes[4])
{
	if (c < 0x80) {
		bytes[0] = (uint8_t)c;
		return 1;
	}
	if (c < 0x800) {
		bytes[0] = (uint8_t)(0xc0 | c >> 6);
		bytes[1] = (uint8_t)(0x80 | (c & 0x3f));
		return 2;
	}
	if (c < 0x10000) {
		bytes[0] = (uint8_t)(0xe0 | c >> 12);
		bytes[1] = (uint8_t)(0x80 | (c >> 6 & 0x3f));
		bytes[2] = (uint8_t)(0x80 | (c & 0x3f));
		return 3;
	}
	bytes[0] = (uint8_t)(0xf0 | c >> 18);
	bytes[1] = (uint8_t)(0x80 | (c >> 12 & 0x3f));
	bytes[2] = (uint8_t)(0x80 | (c >> 6 & 0x3f));
	bytes[3] = (uint8_t)(0x80 | (c & 0x3f));
	return 4;
}

/*
 * Calls text_next(). Returns the code point; *used is the number of bytes
 * taken.
 */
static int32_t
next(const uint8_t *bytes, size_t len, size_t *taken)
{
	const char *p = (const char *)bytes;
	int32_t c = text_next(&p, (const char *)bytes + len);

	*taken = (size_t)(p - (const char *)bytes);
	return c;
}

START_TEST(p22_every_code_point_is_read)
{
	uint8_t bytes[5] = "";
	size_t len, taken;

	for (int32_t c = 0; c <= LAST; c++) {
		int32_t wanted = is_scalar(c) ? c : -1;

		len = encode(c, bytes);
		bytes[len] = 'x';
		if (next(bytes, len + 1, &taken) != wanted ||
		    taken != (wanted < 0 ? 0 : len))
			ck_abort_msg("U+%04x is misread", (unsigned int)c);
	}
}
END_TEST

/* An incomplete character is never accepted. */
START_TEST(p22_every_truncated_character_is_refused)
{
	uint8_t bytes[4];
	size_t len, taken;

	for (int32_t c = 0x80; c <= LAST; c += c < 0x3000 ? 1 : 97) {
		len = encode(c, bytes);
		for (size_t cut = 1; cut < len; cut++)
			if (next(bytes, cut, &taken) != -1 || taken != 0)
				ck_abort_msg("%zu bytes of U+%04x are taken",
				    cut, (unsigned int)c);
	}
}
END_TEST

START_TEST(p22_of_all_single_bytes_ascii_is_taken)
{
	uint8_t byte;
	size_t taken;

	for (int c = 0; c < 256; c++) {
		byte = (uint8_t)c;
		ck_assert_int_eq(next(&byte, 1, &taken), c < 0x80 ? c : -1);
		ck_assert_uint_eq(taken, c < 0x80 ? 1 : 0);
	}
}
END_TEST

/* Whatever text_next() accepts, the encoder must produce the same bytes. */
static bool
agrees(const uint8_t *bytes, size_t len)
{
	uint8_t again[4];
	size_t taken;
	int32_t c = next(bytes, len, &taken);

	if (c == -1)
		return taken == 0;
	return is_scalar(c) && taken <= len && encode(c, again) == taken &&
	    memcmp(again, bytes, taken) == 0;
}

/* Overlong forms and surrogates are among them. */
START_TEST(p22_of_all_two_and_three_bytes_only_utf8_is_taken)
{
	size_t taken, two = 0, three = 0;

	for (uint32_t i = 0; i < 1u << 24; i++) {
		const uint8_t bytes[3] = {
		    (uint8_t)(i >> 16), (uint8_t)(i >> 8), (uint8_t)i};

		if (bytes[0] < 0x80 || (bytes[0] > 0xf0 && bytes[1] != 0))
			continue;
		if (!agrees(bytes, 3))
			ck_abort_msg("%s", unit_hex(bytes, 3));
		if (next(bytes, 3, &taken) >= 0) {
			two += taken == 2;
			three += taken == 3;
		}
	}
	ck_assert_uint_eq(two, (0x800 - 0x80) * 256);
	ck_assert_uint_eq(three, 0x10000 - 0x800 - 0x800);
}
END_TEST

START_TEST(p22_of_four_bytes_only_utf8_is_taken)
{
	static const uint8_t tails[] = {
	    0x00, 0x41, 0x7f, 0x80, 0x8f, 0x90, 0xa0, 0xbf, 0xc0, 0xf0, 0xff};
	uint8_t bytes[4];

	for (uint32_t lead = 0xe0; lead < 256; lead++)
		for (uint32_t i = 0; i < 256 * COUNT(tails) * COUNT(tails);
		    i++) {
			bytes[0] = (uint8_t)lead;
			bytes[1] = (uint8_t)i;
			bytes[2] = tails[i / 256 % COUNT(tails)];
			bytes[3] = tails[i / 256 / COUNT(tails)];
			if (!agrees(bytes, 4))
				ck_abort_msg("%s", unit_hex(bytes, 4));
		}
}
END_TEST

START_TEST(p22_bad_forms_by_name)
{
	static const char *const bad[] = {"\xc0\x80", "\xc1\xbf",
	    "\xe0\x80\x80", "\xe0\x9f\xbf", "\xf0\x80\x80\x80",
	    "\xf0\x8f\xbf\xbf", "\xed\xa0\x80", "\xed\xbf\xbf",
	    "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xf8\x88\x80\x80\x80",
	    "\xfc\x84\x80\x80\x80\x80", "\xfe", "\xff", "\x80", "\xbf", "\xc2",
	    "\xe1\x80", "\xf1\x80\x80", "\xc2\x41", "\xe1\x80\x41"};

	for (size_t i = 0; i < COUNT(bad); i++) {
		ck_assert_msg(!text_is_utf8(bad[i], strlen(bad[i])), "%s",
		    unit_hex(bad[i], strlen(bad[i])));
		ck_assert_int_eq(
		    text_check(bad[i], strlen(bad[i])), CHAT_ETEXT);
	}
}
END_TEST

/* The memory ends with the text, so that a sanitizer notices more. */
START_TEST(reading_ends_at_the_end)
{
	static const char *const starts[] = {
	    "\xf0\x9f\x98", "\xe2\x82", "\xc3"};

	for (size_t i = 0; i < COUNT(starts); i++) {
		size_t len = strlen(starts[i]);
		char *exact = malloc(len);

		memcpy(exact, starts[i], len);
		ck_assert(!text_is_utf8(exact, len));
		ck_assert_int_eq(text_check(exact, len), CHAT_ETEXT);
		free(exact);
	}
}
END_TEST

START_TEST(a_bad_byte_anywhere_spoils_a_text)
{
	char text[40];

	for (size_t at = 0; at < sizeof(text); at++)
		for (int c = 0; c < 256; c++) {
			bool good = c < 0x80;

			memset(text, 'a', sizeof(text));
			text[at] = (char)c;
			if (text_is_utf8(text, sizeof(text)) != good ||
			    text_check(text, sizeof(text)) !=
				(good && c != 0 ? 0 : CHAT_ETEXT))
				ck_abort_msg(
				    "byte 0x%02x at %zu", (unsigned int)c, at);
		}
}
END_TEST

START_TEST(nul_is_utf8_and_no_text)
{
	ck_assert(text_is_utf8("a\0b", 3));
	ck_assert_int_eq(text_check("a\0b", 3), CHAT_ETEXT);
	ck_assert_int_eq(text_check("\0", 1), CHAT_ETEXT);
	ck_assert_int_eq(text_check("ab\0", 3), CHAT_ETEXT);
	ck_assert_int_eq(text_check("ab", 2), 0);
	ck_assert(text_is_utf8("", 0));
}
END_TEST

START_TEST(p11_texts_have_1_to_65536_bytes)
{
	static char text[LIMIT_TEXT + 1];

	memset(text, 'a', sizeof(text));
	ck_assert_int_eq(LIMIT_TEXT, 65536);
	ck_assert_int_eq(text_check(text, 0), CHAT_ETEXT);
	ck_assert_int_eq(text_check(text, 1), 0);
	ck_assert_int_eq(text_check(text, LIMIT_TEXT), 0);
	ck_assert_int_eq(text_check(text, LIMIT_TEXT + 1), CHAT_ETOOLONG);
}
END_TEST

/* A character that the limit would cut is left out completely. */
START_TEST(p11_bytes_count_and_not_characters)
{
	static char text[LIMIT_TEXT + 2];

	for (size_t i = 0; i < sizeof(text); i += 2)
		memcpy(text + i, "\xc3\xa9", 2);
	ck_assert_int_eq(text_check(text, LIMIT_TEXT), 0);
	ck_assert_int_eq(text_check(text, LIMIT_TEXT - 1), CHAT_ETEXT);
	ck_assert_int_eq(text_check(text, LIMIT_TEXT + 2), CHAT_ETOOLONG);
}
END_TEST

/*
 * DESIGN.md, section 3: the first and last characters that must not reach a
 * terminal.
 */
START_TEST(p22_what_steers_or_deceives_is_unsafe)
{
	static const int32_t ranges[][2] = {{0x00, 0x08}, {0x0a, 0x1f},
	    {0x7f, 0x7f}, {0x80, 0x9f}, {0x61c, 0x61c}, {0x200b, 0x200d},
	    {0x200e, 0x200f}, {0x2028, 0x2029}, {0x202a, 0x202e},
	    {0x2060, 0x2060}, {0x2066, 0x2069}, {0xfeff, 0xfeff},
	    {0xe0000, 0xe0fff}, {0xad, 0xad}, {0x34f, 0x34f}, {0x600, 0x605},
	    {0x115f, 0x1160}, {0x17b4, 0x17b5}, {0x180b, 0x180f},
	    {0x3164, 0x3164}, {0xfe00, 0xfe0f}, {0xffa0, 0xffa0},
	    {0xfff0, 0xfffb}, {0x110bd, 0x110bd}, {0x1bca0, 0x1bca3},
	    {0x1d173, 0x1d17a}};

	for (size_t i = 0; i < COUNT(ranges); i++)
		for (int32_t c = ranges[i][0]; c <= ranges[i][1]; c++)
			ck_assert_msg(text_is_unsafe(c), "U+%04x is safe",
			    (unsigned int)c);
}
END_TEST

START_TEST(p22_what_people_write_is_safe)
{
	static const int32_t ranges[][2] = {{0x09, 0x09}, {0x20, 0x7e},
	    {0xa0, 0xac}, {0xae, 0x2ff}, {0x300, 0x34e}, {0x350, 0x36f},
	    {0x370, 0x5ff}, {0x606, 0x61b}, {0x620, 0x6dc}, {0x6de, 0x6ff},
	    {0x900, 0x97f}, {0x2010, 0x2027}, {0x202f, 0x205f},
	    {0x2070, 0x27ff}, {0x3000, 0x3163}, {0x3165, 0xa48c},
	    {0xac00, 0xd7a3}, {0xe000, 0xe0ff}, {0xf900, 0xfdff},
	    {0xfe20, 0xfefe}, {0xff01, 0xff9f}, {0xffa1, 0xffee},
	    {0x1f000, 0x1faff}, {0x20000, 0x2ffff}};

	for (size_t i = 0; i < COUNT(ranges); i++)
		for (int32_t c = ranges[i][0]; c <= ranges[i][1]; c++)
			if (text_is_unsafe(c))
				ck_abort_msg(
				    "U+%04x is unsafe", (unsigned int)c);
}
END_TEST

/* All 256 bytes, as the code points that they are in Latin-1. */
START_TEST(p22_of_the_first_256_the_printable_and_tab_are_safe)
{
	for (int32_t c = 0; c < 256; c++)
		ck_assert_int_eq(text_is_unsafe(c),
		    c != '\t' &&
			(c < ' ' || (c >= 0x7f && c < 0xa0) || c == 0xad));
}
END_TEST

START_TEST(p22_joiners_join_what_is_neither_ascii_nor_unsafe)
{
	static const int32_t joiners[] = {0x200c, 0x200d};
	static const int32_t good[] = {0xa0, 0xe9, 0x915, 0x4e2d, 0x1f468};
	static const int32_t bad[] = {-1, 0, '\t', '\n', ' ', 'a', '~', 0x7f,
	    0x80, 0x9b, 0xad, 0x200b, 0x200c, 0x200d, 0x202e, 0xfe0f, 0xe0041};

	for (size_t i = 0; i < COUNT(joiners); i++)
		for (size_t k = 0; k < COUNT(good); k++) {
			ck_assert(text_joins(good[k], joiners[i], good[0]));
			for (size_t n = 0; n < COUNT(bad); n++) {
				ck_assert(
				    !text_joins(good[k], joiners[i], bad[n]));
				ck_assert(
				    !text_joins(bad[n], joiners[i], good[k]));
			}
		}
	for (int32_t c = 0; c <= LAST; c++)
		ck_assert_int_eq(
		    text_joins(0x915, c, 0x915), c == 0x200c || c == 0x200d);
}
END_TEST

static void
set_locale_variables(const char *all, const char *ctype, const char *lang)
{
	static const char *const names[] = {"LC_ALL", "LC_CTYPE", "LANG"};
	const char *const values[] = {all, ctype, lang};

	for (size_t i = 0; i < COUNT(names); i++)
		if (values[i] == NULL)
			(void)unsetenv(names[i]);
		else
			(void)setenv(names[i], values[i], 1);
}

START_TEST(p22_utf8_is_read_where_the_locale_is_there_and_says_so)
{
	static const struct {
		const char *all, *ctype, *lang;
		bool utf8;
	} cases[] = {{NULL, NULL, NULL, false}, {"", "", "", false},
	    {NULL, NULL, "C", false}, {NULL, NULL, "POSIX", false},
	    {NULL, NULL, "C.UTF-8", true}, {NULL, NULL, "C.utf8", true},
	    {NULL, "C.UTF-8", NULL, true}, {"C.UTF-8", NULL, NULL, true},
	    {"C", "C.UTF-8", "C.UTF-8", false}, {NULL, "C", "C.UTF-8", false},
	    {"C.UTF-8", "C", "C", true}, {NULL, "C.UTF-8", "C", true},
	    {"", "", "C.UTF-8", true}, {NULL, NULL, "xx_XX.UTF-8", false},
	    {"xx_XX.UTF-8", NULL, "C.UTF-8", false},
	    {NULL, NULL, "UTF-8", false},
	    {NULL, NULL, "de_DE.ISO-8859-1", false}};

	for (size_t i = 0; i < COUNT(cases); i++) {
		set_locale_variables(
		    cases[i].all, cases[i].ctype, cases[i].lang);
		errno = 42;
		ck_assert_msg(
		    text_reader_has_utf8() == cases[i].utf8, "case %zu", i);
		ck_assert_int_eq(errno, 42);
	}
}
END_TEST

/* A string in a locale of UTF-8, and in one that is not. */
static void
expect_quote(const char *string, const char *utf8, const char *ascii)
{
	set_locale_variables("C.UTF-8", NULL, NULL);
	ck_assert_str_eq(QUOTED(string), utf8);
	set_locale_variables("C", NULL, NULL);
	ck_assert_str_eq(QUOTED(string), ascii);
}

START_TEST(p22_what_a_command_line_says_is_quoted_safely)
{
	expect_quote("", "", "");
	expect_quote("bob smith", "bob smith", "bob smith");
	expect_quote(
	    "/home/j\u00fcrgen", "/home/j\u00fcrgen", "/home/j\\u{fc}rgen");
	expect_quote("a\nb\033[31m\r\x7f", "a\\x0ab\\x1b[31m\\x0d\\x7f",
	    "a\\x0ab\\x1b[31m\\x0d\\x7f");
	expect_quote("\x9b\xff\xc3", "\\x9b\\xff\\xc3", "\\x9b\\xff\\xc3");
	expect_quote("\xc2\x9b\u202e\u200d\u2028",
	    "\\u{9b}\\u{202e}\\u{200d}\\u{2028}",
	    "\\u{9b}\\u{202e}\\u{200d}\\u{2028}");
	expect_quote(
	    "\u00db\U0001f600", "\u00db\U0001f600", "\\u{db}\\u{1f600}");
}
END_TEST

/* Strings of every length, with escapes of every length. */
START_TEST(p22_a_long_quote_is_cut_and_says_so)
{
	static const char *const pieces[] = {
	    "a", "\x01", "\u00e9", "\U0010fffd"};
	static char string[3 * SIZE_QUOTE * 4], quote[SIZE_QUOTE + 1];

	for (size_t i = 0; i < COUNT(pieces); i++) {
		string[0] = '\0';
		for (size_t n = 0; n < SIZE_QUOTE + 8; n++) {
			(void)strcat(string, pieces[i]);
			quote[SIZE_QUOTE] = 0x5a;
			set_locale_variables(NULL, NULL, "C");
			ck_assert_ptr_eq(text_quote(string, quote), quote);
			ck_assert_int_eq(quote[SIZE_QUOTE], 0x5a);
			ck_assert_uint_lt(strlen(quote), SIZE_QUOTE);
		}
		ck_assert_uint_gt(strlen(quote), SIZE_QUOTE - 20);
		ck_assert_str_eq(quote + strlen(quote) - 3, "...");
	}
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = {
	    p22_every_code_point_is_read,
	    p22_every_truncated_character_is_refused,
	    p22_of_all_single_bytes_ascii_is_taken,
	    p22_of_all_two_and_three_bytes_only_utf8_is_taken,
	    p22_of_four_bytes_only_utf8_is_taken,
	    p22_bad_forms_by_name,
	    reading_ends_at_the_end,
	    a_bad_byte_anywhere_spoils_a_text,
	    nul_is_utf8_and_no_text,
	    p11_texts_have_1_to_65536_bytes,
	    p11_bytes_count_and_not_characters,
	    p22_what_steers_or_deceives_is_unsafe,
	    p22_what_people_write_is_safe,
	    p22_of_the_first_256_the_printable_and_tab_are_safe,
	    p22_joiners_join_what_is_neither_ascii_nor_unsafe,
	    p22_utf8_is_read_where_the_locale_is_there_and_says_so,
	    p22_what_a_command_line_says_is_quoted_safely,
	    p22_a_long_quote_is_cut_and_says_so,
	};

	return unit_run(
	    &(struct unit){"text", tests, COUNT(tests), NULL, NULL});
}
