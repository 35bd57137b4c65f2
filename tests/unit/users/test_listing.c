/* The form of the user directory: what is not a list of entries, and where. */
#include "tests/unit/listing.h"

#define TWO_LINES "[" ALICE ",\n" BOB "]\n"

START_TEST(an_empty_list_is_a_directory)
{
	listing_accept("[]", 0);
	listing_accept(" \r\n\t[ \n ] \n", 0);
}
END_TEST

START_TEST(white_space_may_stand_between_everything)
{
	listing_accept("\n[ \r\n" ALICE " \t,\n\n" BOB "\n]\n\n", 2);
	listing_accept("[\n{\n\"username\"\n:\n\"a\"\n,\n\"password\"\n:"
		       "\n\"p\"\n,\n\"port\"\n:\n1\n,\n\"ip\"\n:\n\"h\"\n}"
		       "\n]",
	    1);
}
END_TEST

START_TEST(what_is_no_list_is_refused)
{
	static const char *const bad[] = {"{}", ALICE,
	    "{\"users\":[" ALICE "]}", "null", "true", "5", "\"x\"", "x", "]",
	    ",", "}", "/* */ []", "# users\n[]"};

	for (size_t i = 0; i < COUNT(bad); i++)
		listing_refuse(bad[i], "expected a list");
}
END_TEST

START_TEST(an_empty_file_is_refused)
{
	listing_refuse("", "the file ends where a list");
	listing_refuse_at("\n \n", 3, "the file ends where a list");
}
END_TEST

START_TEST(what_is_no_entry_is_refused)
{
	static const char *const bad[] = {"[5]", "[null]", "[[]]", "[\"x\"]",
	    "[,]", "[" ALICE ",]",
	    "[" ALICE ",,"
	    "]",
	    "[[" ALICE "]]", "[" ALICE ",5]", "[" ALICE ",[" BOB "]]"};

	for (size_t i = 0; i < COUNT(bad); i++)
		listing_refuse(bad[i], "expected an entry");
}
END_TEST

START_TEST(entries_are_separated_by_commas)
{
	listing_refuse("[" ALICE BOB "]", "expected a comma or ]");
	listing_refuse_at("[" ALICE "\n" BOB "]", 2, "expected a comma or ]");
	listing_refuse("[" ALICE ";" BOB "]", "expected a comma or ]");
	listing_refuse("[" ALICE "}]", "expected a comma or ]");
}
END_TEST

START_TEST(trailing_data_is_refused)
{
	static const char *const bad[] = {"[]]", "[],", "[] x", "[][]", "[]{}",
	    "[" ALICE "]]", "[" ALICE "],[" BOB "]", "[] // end", "[]\x01"};

	for (size_t i = 0; i < COUNT(bad); i++)
		listing_refuse(bad[i], "nothing after the list");
	listing_refuse_at("[" ALICE "]\n\n[]", 3, "nothing after the list");
}
END_TEST

START_TEST(p10_nul_is_refused_wherever_it_is)
{
	char json[sizeof(TWO_LINES)];

	for (size_t at = 0; at < sizeof(TWO_LINES) - 1; at++) {
		memcpy(json, TWO_LINES, sizeof(TWO_LINES));
		json[at] = '\0';
		ck_assert_msg(listing_parse(json, sizeof(TWO_LINES) - 1) ==
			CHAT_EDIRECTORY,
		    "a NUL at %zu is taken", at);
		listing_check_fault("NUL");
	}
	/* Also a NUL after the list. */
	ck_assert_int_eq(
	    listing_parse(TWO_LINES, sizeof(TWO_LINES)), CHAT_EDIRECTORY);
	ck_assert_uint_eq(fault.line, 3);
}
END_TEST

START_TEST(p10_escaped_nul_is_refused)
{
	listing_refuse(listing_name("\"alice\\u0000\""), "\\u0000");
	listing_refuse(listing_password("\"p\\u0000q\""), "\\u0000");
	listing_refuse(listing_ip("\"h\\u0000\""), "\\u0000");
	listing_refuse(listing_port("\"5000\\u0000\""), "\\u0000");
	listing_refuse("[{\"x\\u0000\":1}]", "\\u0000");
	listing_refuse(listing_port("5000,\"comment\":\"\\u0000\""), "\\u0000");
	/* A backslash followed by "u0000" is not a NUL. */
	listing_accept(listing_password("\"p\\\\u0000q\""), 1);
	listing_refuse(listing_password("\"p\\\\\\u0000q\""), "\\u0000");
}
END_TEST

START_TEST(invalid_utf8_is_refused)
{
	static const char *const bad[] = {"\"\x80\"", "\"\xff\"", "\"\xc3\"",
	    "\"\xc0\x80\"", "\"\xed\xa0\x80\"", "\"\xf4\x90\x80\x80\"",
	    "\"\xe2\x82\"", "\"latin \xe9\"", "\"\xf8\x88\x80\x80\x80\""};
	char json[512];

	for (size_t i = 0; i < COUNT(bad); i++) {
		listing_refuse(listing_password(bad[i]), "not UTF-8");
		listing_refuse(listing_name(bad[i]), "not UTF-8");
		(void)snprintf(json, sizeof(json),
		    "[\n" ALICE ",\n{\"comment\":%s}," BOB "]", bad[i]);
		listing_refuse_at(json, 3, "not UTF-8");
	}
	listing_refuse("[\x80]", "byte 0x80");
	listing_refuse("[]\xc3\xa9", "byte 0xc3");
}
END_TEST

START_TEST(lone_surrogates_are_refused)
{
	listing_refuse(listing_password("\"\\ud800\""), "lone surrogate");
	listing_refuse(listing_password("\"\\udc00\""), "lone surrogate");
	listing_refuse(
	    listing_password("\"\\ud800\\ud800\""), "lone surrogate");
	listing_refuse(listing_password("\"\\ud800x\""), "lone surrogate");
	listing_refuse(
	    listing_password("\"\\ud83d\\u0041\""), "lone surrogate");
	listing_refuse(
	    listing_password("\"\\ud83d\\ud83d\\ude00\""), "lone surrogate");
	listing_refuse("[{\"comment\":[\"\\udc00\"]}]", "lone surrogate");
	listing_refuse(listing_password("\"\\ud83d\\n\""), "lone surrogate");
	listing_refuse("[{\"\\ud83d", "lone surrogate");
	listing_accept(listing_password("\"\\uD83D\\uDE00\""), 1);
}
END_TEST

START_TEST(p10_a_byte_order_mark_is_refused)
{
	listing_refuse("\xef\xbb\xbf[" ALICE "]", "byte order mark");
	listing_refuse("\xef\xbb\xbf", "byte order mark");
	listing_refuse("\xef\xbb", "byte 0xef");
}
END_TEST

START_TEST(single_quotes_have_a_reason_of_their_own)
{
	listing_refuse("[{'username': 'alice'}]", "single quotes");
	listing_refuse("[{\"username\": 'alice'}]", "single quotes");
	listing_refuse("['alice']", "single quotes");
	listing_refuse("'", "single quotes");
	listing_refuse_at(
	    "[" ALICE ",\n{\n'username': 1}]", 3, "single quotes");
	listing_accept(listing_password("\"it's\""), 1);
}
END_TEST

START_TEST(control_characters_are_refused)
{
	char json[512];

	for (int c = 1; c < ' '; c++) {
		(void)snprintf(json, sizeof(json),
		    "[{\"username\":\"a%cb\",\"password\":\"" SECRET "\"}]", c);
		listing_refuse(json,
		    c == '\n' ? "does not end on its line"
			      : "a control character");
		if (strchr("\t\r\n", c) != NULL)
			continue;
		(void)snprintf(json, sizeof(json), "[{%c}]", c);
		listing_refuse(json, "found byte 0x");
		(void)snprintf(json, sizeof(json), "[%c" ALICE "]", c);
		listing_refuse(json, "found byte 0x");
		(void)snprintf(json, sizeof(json), "[" ALICE "%c]", c);
		listing_refuse(json, "found byte 0x");
	}
}
END_TEST

/* DEL is not white space either. */
START_TEST(del_between_tokens_is_refused)
{
	listing_refuse("[\x7f" ALICE "]", "found byte 0x7f");
	listing_refuse("[{\x7f\"username\":\"a\"}]", "found byte 0x7f");
}
END_TEST

/* RFC 8259, section 6. cJSON would accept everything that strtod(3) accepts. */
START_TEST(p10_numbers_are_spelled_as_json_has_them)
{
	static const char *const good[] = {"0", "-0", "10", "-10", "0.5",
	    "10.05", "1e5", "1E5", "1e+5", "1e-05", "-1.5E-7", "0e0"};
	static const char *const bad[] = {"00", "01", "-01", "-", "+1", "1.",
	    "-1.", ".5", "-.5", "1.e5", "1e", "1e+", "1.5e-", "1.5.5", "1e5.5",
	    "0x1", "1-1", "--1", "1 1", "inf", "nan", "-inf"};
	char json[256];

	for (size_t i = 0; i < COUNT(good); i++) {
		(void)snprintf(json, sizeof(json), "5000,\"x\":%s", good[i]);
		listing_accept(listing_port(json), 1);
		(void)snprintf(json, sizeof(json), "5000,\"x\":[%s,%s ]",
		    good[i], good[i]);
		listing_accept(listing_port(json), 1);
	}
	for (size_t i = 0; i < COUNT(bad); i++) {
		(void)snprintf(json, sizeof(json), "5000,\"x\":%s", bad[i]);
		listing_refuse(listing_port(json), "");
		(void)snprintf(json, sizeof(json), "5000,\"x\":[%s]", bad[i]);
		listing_refuse(listing_port(json), "");
	}
}
END_TEST

START_TEST(p10_depth_is_refused)
{
	static char json[LIMIT_ENTRY];
	static const char start[] = "[{\"x\":";

	for (const char *c = "[{"; *c != '\0'; c++) {
		memcpy(json, start, sizeof(start) - 1);
		memset(
		    json + sizeof(start) - 1, *c, sizeof(json) - sizeof(start));
		json[sizeof(json) - 1] = '\0';
		ck_assert_int_eq(
		    listing_parse(json, strlen(json)), CHAT_EDIRECTORY);
		listing_check_fault(*c == '[' ? "[[[" : "{{{");
	}
}
END_TEST

START_TEST(brackets_that_do_not_match_are_refused)
{
	static const char *const bad[] = {"[{\"x\":[}]", "[{\"x\":[}]}]",
	    "[{\"x\":]}]", "[{\"x\":{]}]", "[{\"x\":1}}]", "[{]", "[}]",
	    "[{\"x\":{}]", "[{\"x\":[{}]]}]"};

	for (size_t i = 0; i < COUNT(bad); i++) {
		ck_assert_msg(
		    listing_parse(bad[i], strlen(bad[i])) == CHAT_EDIRECTORY,
		    "taken: %s", bad[i]);
		listing_check_fault(bad[i]);
	}
}
END_TEST

/* Parses an entry of so many bytes, filled up with an unknown key. */
static int
parse_entry_of(size_t size)
{
	static char json[2 * LIMIT_ENTRY];
	static const char head[] = "[{\"username\":\"a\",\"password\":\"p\","
				   "\"port\":1,\"ip\":\"h\",\"x\":\"";

	memset(json, 'x', sizeof(json));
	memcpy(json, head, sizeof(head) - 1);
	memcpy(json + 1 + size - 2, "\"}]", 3);
	return listing_parse(json, size + 2);
}

START_TEST(p11_an_entry_ends_at_its_limit)
{
	ck_assert_int_eq(parse_entry_of(LIMIT_ENTRY - 1), 0);
	directory_free(&directory);
	ck_assert_int_eq(parse_entry_of(LIMIT_ENTRY), 0);
	directory_free(&directory);
	ck_assert_int_eq(parse_entry_of(LIMIT_ENTRY + 1), CHAT_EDIRECTORY);
	listing_check_fault("LIMIT_ENTRY + 1");
	ck_assert_ptr_nonnull(strstr(fault.reason, "longer than 16384 bytes"));
	ck_assert_int_eq(parse_entry_of(LIMIT_ENTRY + 9000), CHAT_EDIRECTORY);
}
END_TEST

/* What lies between the entries may be of any length. */
START_TEST(p11_white_space_is_not_counted)
{
	static char json[4 * LIMIT_ENTRY];

	memset(json, '\n', sizeof(json) - 1);
	memcpy(json, "[" ALICE, sizeof("[" ALICE) - 1);
	json[sizeof(json) - 2] = ']';
	listing_accept(json, 1);
}
END_TEST

struct habit {
	const char *json, *words;
};

static void
refuse_all(const struct habit *habits, size_t count)
{
	for (size_t i = 0; i < count; i++)
		listing_refuse(habits[i].json, habits[i].words);
}

/* Common mistakes in files that are almost JSON, with the advice for each. */
START_TEST(habits_of_other_languages_are_named)
{
	static const struct habit habits[] = {
	    {"[{\"username\":None}]", "None is Python"},
	    {"[{\"comment\":[True]}]", "write true"},
	    {"[{\"comment\":{\"x\":False}}]", "write false"},
	    {"[{\"x\": NaN}]", "NaN is not JSON"},
	    {"[{\"x\": Infinity}]", "Infinity is not JSON"},
	    {"[{\"x\": undefined}]", "JavaScript"},
	    {"[" ALICE ",None]", "None is Python"},
	    {"[{username:\"alice\"}]", "a key in double quotes"},
	    {"[{\"x\": hello}]", "strings stand in double quotes"},
	    {"[{\"x\": Nonesuch}]", "strings stand in double quotes"},
	    {"[{\xe2\x80\x9cusername\xe2\x80\x9d: 1}]", "typographic quotes"},
	    {"[{\"x\":\xc2\xa0"
	     "1}]",
		"no-break space"},
	    {"[{\"x\":\"c:\\dir\"}]", "write \\\\ for a backslash"},
	};

	refuse_all(habits, COUNT(habits));
}
END_TEST

START_TEST(commas_and_comments_have_a_hint)
{
	static const struct habit habits[] = {
	    {"[" ALICE ",]", "a comma too many"},
	    {"[{\"x\":1,}]", "a comma too many"},
	    {"[{\"x\":[1,]}]", "a comma too many"},
	    {"[" ALICE ALICE "]", "is a comma missing"},
	    {"[{\"x\":1 \"y\":2}]", "is a comma missing"},
	    {"[{\"x\":\"y\"z\"}]", "a double quote missing, or one too many"},
	    {"[{\"x\":1]", "is a } missing"},
	    {"// users\n[]", "expected a list"},
	    {"[ /* users */ ]", "no comments"},
	    {"[{\"x\":1, // one\n}]", "no comments"},
	    {"[{\"x\":1 # one\n}]", "no comments"},
	    {"[" ALICE ", # me\n]", "no comments"},
	    {"[]# end", "no comments"},
	};

	refuse_all(habits, COUNT(habits));
}
END_TEST

START_TEST(what_is_there_instead_of_a_list_is_named)
{
	static const struct habit habits[] = {
	    {ALICE, "an entry without one"},
	    {"{\"comment\":1,"
	     "\"port\":5}",
		"only the list"},
	    {ALICE "\n" BOB "\n", "another after it"},
	    {"{}\n{}", "another after it"},
	    {"{\"users\":[" ALICE "]}", "only the list"},
	    {"{\"alice\":{\"port\":5000}}", "only the list"},
	    {"{\"username\":", "an entry without one"},
	    {"{", "only the list"},
	    {"{\"\xff", "only the list"},
	};

	refuse_all(habits, COUNT(habits));
}
END_TEST

/* As some editors and PowerShell write them. */
START_TEST(other_encodings_are_named)
{
	static const struct {
		char bytes[8];
		size_t len;
		const char *words;
	} files[] = {
	    {"\xff\xfe[\0]\0", 6, "UTF-16;"},
	    {"\xfe\xff\0[\0]", 6, "UTF-16;"},
	    {"[\0]\0", 4, "UTF-16LE"},
	    {"\0[\0]", 4, "UTF-16BE"},
	    {"\xff\xfe\0\0[\0\0", 8, "UTF-32;"},
	    {"\0\0\xfe\xff\0\0\0", 8, "UTF-32;"},
	    {"\xff\xfe", 2, "UTF-16;"},
	    {"\xff", 1, "byte 0xff"},
	};

	for (size_t i = 0; i < COUNT(files); i++) {
		ck_assert_int_eq(listing_parse(files[i].bytes, files[i].len),
		    CHAT_EDIRECTORY);
		listing_check_fault(files[i].words);
		ck_assert_msg(strstr(fault.reason, files[i].words) != NULL,
		    "\"%s\", without \"%s\"", fault.reason, files[i].words);
	}
}
END_TEST

START_TEST(faults_have_the_right_line)
{
	listing_refuse_at(
	    "\n\n[\n" ALICE ",\n{},\n" BOB "\n]", 5, "no \"username\"");
	listing_refuse_at(
	    "[" ALICE ",\n\n\n{\"username\":\"bob\"}]", 4, "no \"password\"");
	/* A comma is missing after the second line of the entry. */
	listing_refuse_at("[\n{\"username\":\"a\",\n\"password\":\"p\"\n"
			  "\"port\":1,\n\"ip\":\"h\"}]",
	    4, "expected a comma or }, found '\"'");
	listing_refuse_at("[\n{\"username\":\"a\",\n\"password\" \"p\"}]", 3,
	    "expected a colon");
	listing_refuse_at("[\n{\"username\":\"a\",\n\"password:\"p\"\n}]", 3,
	    "is a double quote missing");
	listing_refuse_at(
	    "[\n" ALICE ",\n{\"username\":\"b\",\n", 3, "does not end");
	listing_refuse_at("[\n" ALICE "\n,\n", 4, "the file ends where");
	/* The line of a wrong value, or of the second one of two equal keys. */
	listing_refuse_at("[{\"username\":\"a\",\n\"password\":\"p\",\n"
			  "\"port\":0,\n\"ip\":\"h\"}]",
	    3, "the \"port\" of a");
	listing_refuse_at("[\n{\"ip\":\"h\",\n\"ip\":\"h\"}]", 3, "twice");
	listing_refuse_at("[\r\n" ALICE ",\r\n{}]", 3, "no \"username\"");
}
END_TEST

START_TEST(every_truncation_is_refused)
{
	size_t len = strlen("[" ALICE ",\n" BOB "]");

	for (size_t cut = 0; cut < len; cut++) {
		ck_assert_msg(listing_parse(TWO_LINES, cut) == CHAT_EDIRECTORY,
		    "taken: %.*s", (int)cut, TWO_LINES);
		listing_check_fault("a truncation");
		ck_assert_uint_le(fault.line, 2);
	}
	ck_assert_int_eq(listing_parse(TWO_LINES, len), 0);
	directory_free(&directory);
}
END_TEST

/* For every change of a byte: no crash, and no fault without a reason. */
START_TEST(no_changed_byte_crashes_or_leaks)
{
	char json[sizeof(TWO_LINES)];
	size_t taken = 0;

	for (size_t at = 0; at < sizeof(TWO_LINES) - 1; at++)
		for (int c = 0; c < 256; c++) {
			memcpy(json, TWO_LINES, sizeof(TWO_LINES));
			json[at] = (char)c;
			if (listing_parse(json, sizeof(TWO_LINES) - 1) == 0)
				taken++;
			else
				listing_check_fault("a changed byte");
			directory_free(&directory);
		}
	ck_assert_uint_gt(taken, 1000); /* other names, passwords and so on */
}
END_TEST

/* Each byte removed, and each byte that JSON uses inserted. */
START_TEST(no_byte_more_or_less_crashes_or_leaks)
{
	char json[sizeof(TWO_LINES) + 1];
	const size_t len = sizeof(TWO_LINES) - 1;

	for (size_t at = 0; at < len; at++) {
		memcpy(json, TWO_LINES, at);
		memcpy(json + at, TWO_LINES + at + 1, len - at - 1);
		if (listing_parse(json, len - 1) != 0)
			listing_check_fault("a missing byte");
		directory_free(&directory);
		for (const char *c = "[]{},:\"'\\\n\x80-0u"; *c != '\0'; c++) {
			json[at] = *c;
			memcpy(json + at + 1, TWO_LINES + at, len - at);
			if (listing_parse(json, len + 1) != 0)
				listing_check_fault("one byte more");
			directory_free(&directory);
		}
	}
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = {
	    an_empty_list_is_a_directory,
	    white_space_may_stand_between_everything,
	    what_is_no_list_is_refused,
	    an_empty_file_is_refused,
	    what_is_no_entry_is_refused,
	    entries_are_separated_by_commas,
	    trailing_data_is_refused,
	    p10_nul_is_refused_wherever_it_is,
	    p10_escaped_nul_is_refused,
	    invalid_utf8_is_refused,
	    lone_surrogates_are_refused,
	    p10_a_byte_order_mark_is_refused,
	    single_quotes_have_a_reason_of_their_own,
	    control_characters_are_refused,
	    del_between_tokens_is_refused,
	    p10_numbers_are_spelled_as_json_has_them,
	    p10_depth_is_refused,
	    brackets_that_do_not_match_are_refused,
	    p11_an_entry_ends_at_its_limit,
	    p11_white_space_is_not_counted,
	    habits_of_other_languages_are_named,
	    commas_and_comments_have_a_hint,
	    what_is_there_instead_of_a_list_is_named,
	    other_encodings_are_named,
	    faults_have_the_right_line,
	    every_truncation_is_refused,
	    no_changed_byte_crashes_or_leaks,
	    no_byte_more_or_less_crashes_or_leaks,
	};

	return unit_run(
	    &(struct unit){"listing", tests, COUNT(tests), NULL, NULL});
}
