/* Records: a received message has one spelling, and no other is read. */
#include "common/base/error.h"
#include "common/base/text.h"
#include "common/log/record.h"
#include "tests/unit/unit.h"

#define WHEN 1795404121 /* 2026-11-23T03:22:01Z */
#define ZEROS "00000000000000000000000000000000"
#define PREV                                      \
	"ff" ZEROS "0000000000000000000000000000" \
	"01"
#define HEAD "{\"v\":1,\"type\":\"log\",\"seq\":41,\"prev\":\"" PREV "\"}\n"
#define UP_TO_TEXT                                                         \
	"{\"v\":1,\"type\":\"message\",\"seq\":42,\"prev\":\"" PREV        \
	"\",\"id\":\"00112233445566778899aabbccddeeff\",\"from\":\"bob\"," \
	"\"to\":\"alice\",\"listed\":true,\"address\":\"192.0.2.7\","      \
	"\"sent\":\"2026-11-23T03:22:00Z\",\"received\":\"2026-11-23T03:"  \
	"22:01Z\",\"text\":\""

static struct record_position position;
static uint8_t id[SIZE_ID];
static struct record record, read_back;
static struct record_store store;
static char line[SIZE_RECORD + 1], again[SIZE_RECORD + 1];

static void
setup(void)
{
	position =
	    (struct record_position){.seq = 42, .prev = {0xff, [31] = 1}};
	for (size_t i = 0; i < SIZE_ID; i++)
		id[i] = (uint8_t)(i * 17);
	record = (struct record){.position = &position,
	    .id = id,
	    .from = "bob",
	    .to = "alice",
	    .listed = true,
	    .address = "192.0.2.7",
	    .sent = WHEN - 1,
	    .received = WHEN,
	    .text = "hi",
	    .len = 2};
}

static void
set_text(const char *text)
{
	record.text = text;
	record.len = strlen(text);
}

/* Both readers: whatever one accepts is the only spelling of its contents. */
static bool
is_read(const char *bytes, size_t len)
{
	struct record_position head;

	if (record_read(bytes, len, &read_back, &store) == 0)
		return record_spell(&read_back, again) == len &&
		    memcmp(again, bytes, len) == 0;
	if (record_read_first_line(bytes, len, &head) == 0)
		return record_spell_first_line(&head, again) == len &&
		    memcmp(again, bytes, len) == 0;
	return false;
}

static bool
is_refused(const char *bytes, size_t len)
{
	struct record_position head;

	return record_read(bytes, len, &read_back, &store) == CHAT_EMALFORMED &&
	    record_read_first_line(bytes, len, &head) == CHAT_EMALFORMED;
}

/* Expects that the current record can be spelled and read again. */
static void
round_trip(void)
{
	size_t len = record_spell(&record, line);

	ck_assert_uint_le(len, SIZE_RECORD);
	ck_assert_int_eq(record_read(line, len, &read_back, &store), 0);
	ck_assert_uint_eq(read_back.position->seq, position.seq);
	ck_assert_mem_eq(read_back.position->prev, position.prev, SIZE_HASH);
	ck_assert_mem_eq(read_back.id, record.id, SIZE_ID);
	ck_assert_str_eq(read_back.from, record.from);
	ck_assert_str_eq(read_back.to, record.to);
	ck_assert_int_eq(read_back.listed, record.listed);
	ck_assert_str_eq(read_back.address, record.address);
	ck_assert_int_eq(read_back.sent, record.sent);
	ck_assert_int_eq(read_back.received, record.received);
	ck_assert_uint_eq(read_back.len, record.len);
	ck_assert_mem_eq(read_back.text, record.text, record.len);
	ck_assert(is_read(line, len));
}

START_TEST(it_is_the_object_of_json_with_its_place)
{
	size_t len;

	set_text("a \"b\"\\\t\n\x1b \xc3\xa4 \xe2\x80\xae \xf3\xa0\x81\x81");
	len = record_spell(&record, line);
	line[len] = '\0';
	ck_assert_str_eq(line,
	    UP_TO_TEXT "a \\\"b\\\"\\\\\\t\\n\\u001b \xc3\xa4 \\u202e "
		       "\\udb40\\udc41\"}\n");
	round_trip();
	record.position = NULL;
	len = record_spell(&record, line);
	ck_assert_int_eq(
	    memcmp(line, "{\"v\":1,\"type\":\"message\",\"id\":", 29), 0);
	ck_assert(is_refused(line, len));
}
END_TEST

START_TEST(a_head_is_read_as_it_is_spelled)
{
	struct record_position head = {.seq = 41, .prev = {0xff, [31] = 1}},
			       found;
	size_t len = record_spell_first_line(&head, line);

	ck_assert_uint_le(len, SIZE_FIRST_LINE);
	ck_assert_uint_eq(len, strlen(HEAD));
	ck_assert_mem_eq(line, HEAD, len);
	ck_assert_int_eq(record_read_first_line(line, len, &found), 0);
	ck_assert_uint_eq(found.seq, 41);
	ck_assert_mem_eq(found.prev, head.prev, SIZE_HASH);
	ck_assert_int_eq(
	    record_read(line, len, &read_back, &store), CHAT_EMALFORMED);
}
END_TEST

/* In a log a batch is one line; elsewhere each of its lines is. */
START_TEST(a_batch_is_one_record_of_a_log)
{
	size_t len;

	set_text("a\nb\nc");
	record.lines = 3;
	round_trip();
	ck_assert_uint_eq(read_back.lines, 3);
	len = record_spell(&record, line);
	line[len] = '\0';
	ck_assert_ptr_nonnull(strstr(
	    line, "ddeeff\",\"lines\":3,\"from\":\"bob\",\"to\":\"alice\""));
	record.position = NULL;
	record.line = 2;
	set_text("b");
	len = record_spell(&record, line);
	line[len] = '\0';
	ck_assert_ptr_nonnull(
	    strstr(line, "ddeeff\",\"line\":2,\"of\":3,\"from\":\"bob\""));
}
END_TEST

static void
expect_batch(const char *lines, const char *text, bool read)
{
	static const char *const from = "\"from\"";
	const char *at = strstr(UP_TO_TEXT, from);
	int len = snprintf(line, sizeof(line), "%.*s%s%s%s\"}\n",
	    (int)(at - UP_TO_TEXT), UP_TO_TEXT, lines, at, text);

	ck_assert_msg(is_read(line, (size_t)len) == read, "%s %s", lines, text);
	ck_assert_int_eq(is_refused(line, (size_t)len), !read);
}

START_TEST(a_batch_of_other_lines_is_refused)
{
	expect_batch("\"lines\":2,", "a\\nb", true);
	expect_batch("\"lines\":3,", "a\\nb", false);
	expect_batch("\"lines\":02,", "a\\nb", false);
	expect_batch("\"lines\":1,", "a", false);
	expect_batch("\"lines\":0,", "a", false);
	expect_batch("\"lines\":2,", "a\\n\\nb", false);
	expect_batch("\"lines\":4097,", "a\\nb", false);
	expect_batch("\"lines\":18446744073709551618,", "a\\nb", false);
	expect_batch("\"line\":1,\"of\":2,", "a", false);
}
END_TEST

START_TEST(every_character_comes_back)
{
	static char text[8];
	size_t len;

	for (int32_t c = 1; c <= 0x10ffff; c++) {
		if (c >= 0xd800 && c <= 0xdfff)
			continue;
		len = (size_t)(c < 0x80
			? snprintf(text, sizeof(text), "%c", (int)c)
			: c < 0x800 ? snprintf(text, sizeof(text), "%c%c",
					  0xc0 | c >> 6, 0x80 | (c & 63))
			: c < 0x10000
			? snprintf(text, sizeof(text), "%c%c%c", 0xe0 | c >> 12,
			      0x80 | (c >> 6 & 63), 0x80 | (c & 63))
			: snprintf(text, sizeof(text), "%c%c%c%c",
			      0xf0 | c >> 18, 0x80 | (c >> 12 & 63),
			      0x80 | (c >> 6 & 63), 0x80 | (c & 63)));
		record.text = text;
		record.len = len;
		len = record_spell(&record, line);
		if (record_read(line, len, &read_back, &store) != 0 ||
		    read_back.len != record.len ||
		    memcmp(read_back.text, text, record.len) != 0)
			ck_abort_msg("U+%04X", (unsigned)c);
	}
}
END_TEST

START_TEST(the_longest_has_room_and_comes_back)
{
	static char text[LIMIT_TEXT], name[LIMIT_NAME + 1];

	memset(text, '\1', sizeof(text));
	memset(name, 'n', LIMIT_NAME);
	position.seq = UINT64_MAX;
	record.text = text;
	record.len = sizeof(text);
	record.from = record.to = name;
	record.listed = false;
	record.address = "ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.255";
	round_trip();
	memset(text, 'a', sizeof(text));
	round_trip();
}
END_TEST

/* A text that is one byte too long, escaped or not. */
START_TEST(a_text_that_is_too_long_is_refused)
{
	const char *const pieces[] = {"a", "\\u0001", "\\n", "\xc3\xa4"};
	const size_t bytes[] = {1, 1, 1, 2};
	size_t start = strlen(UP_TO_TEXT), len, piece;

	for (size_t i = 0; i < COUNT(pieces); i++) {
		memcpy(line, UP_TO_TEXT, start);
		piece = strlen(pieces[i]);
		for (len = 0; len * bytes[i] <= LIMIT_TEXT; len++)
			memcpy(line + start + len * piece, pieces[i], piece);
		len = start + len * piece;
		memcpy(line + len, "\"}\n", 3);
		ck_assert(is_refused(line, len + 3));
		memcpy(line + len - piece, "\"}\n", 3);
		ck_assert(is_read(line, len - piece + 3));
	}
}
END_TEST

static void
expect_text_refused(const char *text)
{
	int len = snprintf(line, sizeof(line), UP_TO_TEXT "%s\"}\n", text);

	ck_assert_msg(is_refused(line, (size_t)len), "%s", text);
}

/* A JSON parser would accept these, as the same text or as another. */
START_TEST(other_spellings_are_refused)
{
	static const char *const texts[] = {"", "\\/", "\\b", "\\r", "\\u0041",
	    "\\u000a", "\\u0009", "\\u0022", "\\u005c", "\\u001B", "\\U001b",
	    "\\u01b", "\\u", "\\ud800", "\\ud83d\\ude00", "\\udc41\\udb40",
	    "\\udb40", "\\udb40x", "\\udb40\\u0041", "\\udb40\\udb40",
	    "\\u0000", "\x1b", "\t", "\n", "\x7f", "\xe2\x80\xae", "\xc0\x80",
	    "\xed\xa0\x80", "\xff", "a\"", "a\",\"x\":\"b", "\\", "\\x1b"};

	for (size_t i = 0; i < COUNT(texts); i++)
		expect_text_refused(texts[i]);
}
END_TEST

/* Whether the line is read with the first `old` replaced. */
static bool
is_read_with(const char *whole, const char *old, const char *new)
{
	const char *at = strstr(whole, old);
	size_t before;
	int len;

	ck_assert_ptr_nonnull(at);
	before = (size_t)(at - whole);
	len = snprintf(line, sizeof(line), "%.*s%s%s", (int)before, whole, new,
	    at + strlen(old));
	return !is_refused(line, (size_t)len);
}

START_TEST(other_values_are_refused)
{
	static const char whole[] = UP_TO_TEXT "hi\"}\n";
	static const char *const wrong[][2] = {{"\"v\":1", "\"v\":2"},
	    {"message", "log"}, {"42", "042"}, {"42", ""}, {"42", "-1"},
	    {"42", "4.2"}, {"42", "18446744073709551616"},
	    {"42", "99999999999999999999"}, {"42", " 42"}, {PREV, "00"},
	    {PREV, PREV "00"}, {"ff000", "FF000"}, {"aabb", "aa"},
	    {"aabb", "aabbcc"}, {"aabb", "AABB"}, {"\"bob\"", "\"\""},
	    {"\"bob\"", "\"-bob\""}, {"\"bob\"", "\"bo b\""},
	    {"\"alice\"", "\"\\u0061lice\""}, {"true", "1"}, {"true", "True"},
	    {"true", "truefalse"}, {"192.0.2.7", "192.0.2.7\\n"},
	    {"192.0.2.7", "fe80::1%eth0"}, {"192.0.2.7", "FE80::1"},
	    {"192.0.2.7", "1111111111222222222233333333334444444444555555"},
	    {"03:22:00Z", "03:22:00"}, {"03:22:00Z", "03:22:60Z"},
	    {"03:22:01Z", "03:22:01+00:00"}, {"11-23", "11-31"},
	    {",\"text\"", ", \"text\""}, {"{\"v\"", " {\"v\""},
	    {"\"}\n", "\"} \n"}, {"\"}\n", "\"}\r\n"}, {"\"}\n", "\"}"},
	    {"\"}\n", "\",\"more\":1}\n"}, {"\"}\n", "\"}\n\n"}};

	ck_assert(is_read_with(whole, "42", "42"));
	ck_assert(is_read_with(whole, "42", "18446744073709551615"));
	ck_assert(is_read_with(whole, "42", "0"));
	ck_assert(is_read_with(whole, "true", "false"));
	ck_assert(is_read_with(whole, "192.0.2.7", "2001:db8::7"));
	for (size_t i = 0; i < COUNT(wrong); i++)
		ck_assert_msg(!is_read_with(whole, wrong[i][0], wrong[i][1]),
		    "%s for %s", wrong[i][1], wrong[i][0]);
}
END_TEST

/* Each byte of a line changed to every other, removed, or doubled. */
static void
mutate(const char *whole)
{
	size_t len = strlen(whole);

	for (size_t i = 0; i < len; i++) {
		for (unsigned value = 0; value < 256; value++) {
			memcpy(line, whole, len);
			line[i] = (char)value;
			if (!is_read(line, len) && !is_refused(line, len))
				ck_abort_msg("byte %zu as %u", i, value);
		}
		memcpy(line, whole, i);
		memcpy(line + i, whole + i + 1, len - i - 1);
		ck_assert(is_read(line, len - 1) || is_refused(line, len - 1));
		memcpy(line, whole, i + 1);
		memcpy(line + i + 1, whole + i, len - i);
		ck_assert(is_read(line, len + 1) || is_refused(line, len + 1));
	}
}

START_TEST(whatever_is_read_is_what_would_be_spelled)
{
	mutate(HEAD);
	mutate(UP_TO_TEXT "\\u202e\\udb40\\udc41\\n\xc3\xa4\\\"\"}\n");
}
END_TEST

/* What may be left of a line after a torn write. */
START_TEST(no_beginning_of_a_line_is_read)
{
	const char *const whole[] = {HEAD, UP_TO_TEXT "hi\"}\n"};
	char *copy;

	for (size_t i = 0; i < COUNT(whole); i++)
		for (size_t len = 0; len < strlen(whole[i]); len++) {
			copy = malloc(len + 1); /* so that ASan sees its end */
			memcpy(copy, whole[i], len);
			ck_assert(is_refused(copy, len));
			free(copy);
		}
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = {
	    it_is_the_object_of_json_with_its_place,
	    a_head_is_read_as_it_is_spelled,
	    a_batch_is_one_record_of_a_log,
	    a_batch_of_other_lines_is_refused,
	    every_character_comes_back,
	    the_longest_has_room_and_comes_back,
	    a_text_that_is_too_long_is_refused,
	    other_spellings_are_refused,
	    other_values_are_refused,
	    whatever_is_read_is_what_would_be_spelled,
	    no_beginning_of_a_line_is_read,
	};

	return unit_run(
	    &(struct unit){"log record", tests, COUNT(tests), setup, NULL});
}
