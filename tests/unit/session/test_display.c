/* Property 22: what people and programs see of a text that a peer chose. */
#include <locale.h>
#include <time.h>
#include <wchar.h>

#include "common/base/batch.h"
#include "common/base/text.h"
#include "listener/session/display.h"
#include "tests/unit/listener.h"

#define WHEN 1795404121 /* 2026-11-23T03:22:01Z */
#define GUARD 64
#define INDENT "    "
#define LEAST_COLUMNS 20 /* narrower terminals get no wrapping */

static struct message message;
static struct display display;
static char buffer[GUARD + SIZE_DISPLAY + GUARD];
static char *const out = buffer + GUARD;
static size_t out_len;

static void
setup(void)
{
	(void)setlocale(LC_CTYPE, "C.UTF-8"); /* as in chat-listen */
	(void)setenv("TZ", "UTC", 1);
	tzset();
	memset(&message, 0, sizeof(message));
	strcpy(message.from, "bob");
	strcpy(message.to, "alice");
	message.listed = true;
	message.sent = WHEN - 1;
	for (size_t i = 0; i < SIZE_ID; i++)
		message.id[i] = (uint8_t)(i * 17);
	display = (struct display){
	    .form = DISPLAY_LINE, .address = "192.0.2.7", .utf8 = true};
}

/* Spells the message into `out`, with guard bytes around it. */
static void
spell(enum display_form form)
{
	memset(buffer, 0x5a, sizeof(buffer));
	display.form = form;
	out_len = display_spell(&display, &message, WHEN, out);
	must(out_len > 0 && out_len <= SIZE_DISPLAY, "%zu bytes", out_len);
	must(out[out_len - 1] == '\n', "no LF at the end");
	for (size_t i = 0; i < GUARD; i++)
		must(
		    buffer[i] == 0x5a && buffer[sizeof(buffer) - 1 - i] == 0x5a,
		    "written beside the buffer");
	must(out[out_len] == 0x5a, "written behind what it says");
}

static void
set_text(const void *text, size_t len)
{
	must(len <= LIMIT_TEXT, "the text is too long");
	memcpy(message.text, text, len);
	message.len = len;
}

/* Expects that this text is displayed like this, with its header. */
static void
expect(enum display_form form, const char *text, const char *wanted)
{
	set_text(text, strlen(text));
	spell(form);
	out[out_len] = '\0';
	ck_assert_str_eq(out, wanted);
}

/* The same without the header and the LF at the end. */
static void
expect_text(enum display_form form, const char *text, const char *wanted)
{
	const char *header = form == DISPLAY_TERMINAL
	    ? "03:22:01 bob: "
	    : "2026-11-23T03:22:01Z bob: ";
	size_t len = strlen(header);

	set_text(text, strlen(text));
	spell(form);
	ck_assert_mem_eq(out, header, len);
	out[out_len - 1] = '\0';
	ck_assert_str_eq(out + len, wanted);
}

/* Whether c, which precedes p, joins two safe characters outside of ASCII. */
static bool
joins(int32_t before, int32_t c, const char *p, const char *end)
{
	int32_t after;

	if (display.columns != 0 && p < end && *p == '\n')
		p += strlen("\n" INDENT); /* the line was broken here */
	after = p < end ? text_next(&p, end) : 0;

	return (c == 0x200c || c == 0x200d) && display.form != DISPLAY_JSON &&
	    before >= 0xa0 && after >= 0xa0 && !text_is_unsafe(before) &&
	    !text_is_unsafe(after);
}

/* Expects only safe characters; newlines only where they may be. */
static void
expect_safe(void)
{
	const char *p = out, *end = out + out_len;
	bool terminal = display.form == DISPLAY_TERMINAL;
	int32_t before = 0, c;

	while (p < end - 1) {
		c = text_next(&p, end);

		must(c != -1, "what is shown is not UTF-8");
		must(display.utf8 || c < 0x7f, "U+%04X is not ASCII",
		    (unsigned)c);
		if (c == '\n' && terminal)
			must(end - p > 4 && memcmp(p, INDENT, 4) == 0,
			    "a line without an indent");
		else if (!joins(before, c, p, end))
			must(!text_is_unsafe(c), "U+%04X comes out raw",
			    (unsigned)c);
		if (c == '\n' && display.columns != 0)
			p += strlen(INDENT); /* the line was broken here */
		else
			before = c;
	}
}

/* Expects one JSON object that contains this string. */
static void
expect_json(const char *key, const char *string)
{
	cJSON *json;

	out[out_len] = '\0';
	json = cJSON_ParseWithOpts(out, NULL, true);
	must(json != NULL, "not JSON: %.200s", out);
	must(strcmp(unit_string(json, key), string) == 0,
	    "%s is not what it was", key);
	cJSON_Delete(json);
}

/* Expects a text to be safe in all three forms, and unchanged in JSON. */
static void
expect_safe_everywhere(void)
{
	char whole[LIMIT_TEXT + 1];

	must(text_check(message.text, message.len) == 0,
	    "a text that cannot be");
	memcpy(whole, message.text, message.len);
	whole[message.len] = '\0';
	for (int form = DISPLAY_TERMINAL; form <= DISPLAY_JSON; form++) {
		spell((enum display_form)form);
		expect_safe();
	}
	expect_json("text", whole);
}

START_TEST(a_terminal_shows_local_time_name_and_text)
{
	expect(
	    DISPLAY_TERMINAL, "hello, alice", "03:22:01 bob: hello, alice\n");
	(void)setenv("TZ", "XYZ-5:30", 1);
	tzset();
	expect(
	    DISPLAY_TERMINAL, "hello, alice", "08:52:01 bob: hello, alice\n");
	display.bold = true;
	expect(DISPLAY_TERMINAL, "hello, alice",
	    "08:52:01 \033[1mbob\033[0m: hello, alice\n");
}
END_TEST

START_TEST(a_line_shows_universal_time_name_and_text)
{
	(void)setenv("TZ", "XYZ-5:30", 1);
	tzset();
	display.bold = true;
	expect(DISPLAY_LINE, "hello, alice",
	    "2026-11-23T03:22:01Z bob: hello, alice\n");
}
END_TEST

START_TEST(json_shows_all_that_is_known)
{
	expect(DISPLAY_JSON, "hello, alice",
	    "{\"v\":1,\"type\":\"message\","
	    "\"id\":\"00112233445566778899aabbccddeeff\","
	    "\"from\":\"bob\",\"to\":\"alice\",\"listed\":true,"
	    "\"address\":\"192.0.2.7\","
	    "\"sent\":\"2026-11-23T03:22:00Z\","
	    "\"received\":\"2026-11-23T03:22:01Z\","
	    "\"text\":\"hello, alice\"}\n");
}
END_TEST

START_TEST(an_unlisted_name_is_marked)
{
	message.listed = false;
	expect(DISPLAY_TERMINAL, "hi", "03:22:01 bob?: hi\n");
	expect(DISPLAY_LINE, "hi", "2026-11-23T03:22:01Z bob?: hi\n");
	display.bold = true;
	expect(DISPLAY_TERMINAL, "hi", "03:22:01 \033[1mbob?\033[0m: hi\n");
	set_text("hi", 2);
	spell(DISPLAY_JSON);
	out[out_len] = '\0';
	ck_assert_ptr_nonnull(strstr(out, "\"from\":\"bob\""));
	ck_assert_ptr_nonnull(strstr(out, "\"listed\":false,"));
}
END_TEST

START_TEST(p22_controls_are_spelled_out_for_people)
{
	for (int form = DISPLAY_TERMINAL; form <= DISPLAY_LINE; form++) {
		enum display_form f = (enum display_form)form;

		expect_text(f, "a\033[31mb", "a\\x1b[31mb");
		expect_text(
		    f, "a\rb\bc\vd\fe\a", "a\\x0db\\x08c\\x0bd\\x0ce\\x07");
		expect_text(f, "\x7f", "\\x7f");
		expect_text(f, "\xc2\x85\xc2\x9b", "\\u{85}\\u{9b}");
		expect_text(f, "a\u202eb\u2066", "a\\u{202e}b\\u{2066}");
		expect_text(
		    f, "\u200b\u200d\ufeff", "\\u{200b}\\u{200d}\\u{feff}");
		expect_text(f, "\u2028\u2029", "\\u{2028}\\u{2029}");
		expect_text(f, "\U000e0041", "\\u{e0041}");
		expect_text(f, "a\tb", "a\tb");
		expect_text(
		    f, "\u00e9 \u4e2d \U0001f600", "\u00e9 \u4e2d \U0001f600");
	}
}
END_TEST

/* Words of Persian and Hindi, and a family emoji. */
START_TEST(p22_joiners_are_left_where_words_need_them)
{
	static const char *const texts[] = {"\u0645\u06cc\u200c\u062e\u0648",
	    "\u0915\u094d\u200d\u0937", "a \u0915\u094d\u200c\u0937 b",
	    "\U0001f468\u200d\U0001f469\u200d\U0001f467", "\u00e9\u200d\u00e9"};

	for (int form = DISPLAY_TERMINAL; form <= DISPLAY_LINE; form++)
		for (size_t i = 0; i < COUNT(texts); i++)
			expect_text(
			    (enum display_form)form, texts[i], texts[i]);
	display.utf8 = false;
	expect_text(DISPLAY_TERMINAL, "\u0915\u200d\u0937",
	    "\\u{915}\\u{200d}\\u{937}");
	display.utf8 = true;
	set_text("\u0915\u200d\u0937", 9);
	spell(DISPLAY_JSON);
	out[out_len] = '\0';
	ck_assert_ptr_nonnull(strstr(out, "\u0915\\u200d\u0937"));
}
END_TEST

START_TEST(p22_joiners_elsewhere_are_spelled_out)
{
	static const char *const texts[][2] = {{"\u200d", "\\u{200d}"},
	    {"\u200d\u0915", "\\u{200d}\u0915"},
	    {"\u0915\u200d", "\u0915\\u{200d}"}, {"a\u200cb", "a\\u{200c}b"},
	    {"a\u200d\u0915", "a\\u{200d}\u0915"},
	    {"\u0915\u200ca", "\u0915\\u{200c}a"},
	    {"\u0915\u200d\u200d\u0937", "\u0915\\u{200d}\\u{200d}\u0937"},
	    {"\u2764\ufe0f\u200d\U0001f525",
		"\u2764\\u{fe0f}\\u{200d}\U0001f525"},
	    {"\u0915\u200d\u202e", "\u0915\\u{200d}\\u{202e}"},
	    {"\u0915\u200d\xc2\x9b", "\u0915\\u{200d}\\u{9b}"},
	    {"\u0915\u200b\u0937", "\u0915\\u{200b}\u0937"},
	    {"\u0915\u200e\u0937", "\u0915\\u{200e}\u0937"},
	    {"\u0915\u2060\u0937", "\u0915\\u{2060}\u0937"}};

	for (int form = DISPLAY_TERMINAL; form <= DISPLAY_LINE; form++)
		for (size_t i = 0; i < COUNT(texts); i++)
			expect_text(
			    (enum display_form)form, texts[i][0], texts[i][1]);
}
END_TEST

/* Byte 9b of U+00DB is a control character to a terminal without UTF-8. */
START_TEST(p22_what_is_not_ascii_is_spelled_out_where_utf8_is_not_read)
{
	display.utf8 = false;
	expect_text(DISPLAY_TERMINAL, "\u00db1A~", "\\u{db}1A~");
	expect_text(DISPLAY_TERMINAL, "\u00e9\t\u4e2d\n\U0001f600",
	    "\\u{e9}\t\\u{4e2d}\n    \\u{1f600}");
	set_text("\u00db\U0001f600", 6);
	spell(DISPLAY_JSON);
	out[out_len] = '\0';
	ck_assert_ptr_nonnull(
	    strstr(out, "\"text\":\"\\u00db\\ud83d\\ude00\"}"));
	expect_json("text", "\u00db\U0001f600");
	display.columns = 24; /* escapes are not broken */
	expect(DISPLAY_TERMINAL, "\u4e2d\u4e2d",
	    "03:22:01 bob: \n    \\u{4e2d}\\u{4e2d}\n");
	expect(DISPLAY_TERMINAL, "\u4e2d\u4e2d\u4e2d",
	    "03:22:01 bob: \\u{4e2d}\n    \\u{4e2d}\\u{4e2d}\n");
}
END_TEST

/* As many as fit behind the header, and one more. */
static void
expect_width(const char *character, size_t width)
{
	char text[64] = "", wanted[128] = "03:22:01 bob: ";

	display.columns = LEAST_COLUMNS; /* room for six */
	for (size_t column = 0; column < 6; column += width) {
		(void)strcat(text, character);
		(void)strcat(wanted, character);
	}
	expect(DISPLAY_TERMINAL, text, strcat(wanted, "\n"));
	/* A word that does not fit moves to the next line. */
	(void)strcat(text, character);
	(void)snprintf(
	    wanted, sizeof(wanted), "03:22:01 bob: \n    %s\n", text);
	expect(DISPLAY_TERMINAL, text, wanted);
}

START_TEST(p22_widths_are_the_most_that_any_terminal_takes)
{
	static const char *const one[] = {"a", "~", "\u05d0", "\u0e01",
	    "\u0915", "\u1ea1", "\u0301", "\u0e34", "\u1161", "\uff71"};
	static const char *const two[] = {"\u4e2d", "\uac00", "\uff21",
	    "\U0001f600", "\u00b1", "\u03b1", "\u0416", "\u201c", "\u2500",
	    "\u2764", "\U0001f1e6", "\ue000", "\ufffd", "\u3099", "\u4dc0",
	    "\u0378", "\U000e1000", "\U0010fffd"};

	for (size_t i = 0; i < COUNT(one); i++)
		expect_width(one[i], 1);
	for (size_t i = 0; i < COUNT(two); i++)
		expect_width(two[i], 2);
	(void)setlocale(LC_CTYPE, "C"); /* as if C.UTF-8 were not installed */
	expect_width("a", 1);
	expect_width("\u05d0", 2);
}
END_TEST

START_TEST(p22_controls_are_spelled_out_for_programs)
{
	static const char text[] =
	    "\033\t\n\r\"\\/\x7f\xc2\x85\u202e\U000e0041";

	set_text(text, strlen(text));
	spell(DISPLAY_JSON);
	out[out_len] = '\0';
	ck_assert_ptr_nonnull(strstr(out,
	    "\"text\":\"\\u001b\\t\\n\\u000d\\\"\\\\/\\u007f\\u0085\\u202e"
	    "\\udb40\\udc41\"}\n"));
	expect_json("text", text);
}
END_TEST

START_TEST(p22_newlines_are_indented_or_spelled_out)
{
	expect_text(DISPLAY_TERMINAL, "a\nb\n\nc", "a\n    b\n    \n    c");
	expect_text(DISPLAY_TERMINAL, "\n", "\n    ");
	expect_text(DISPLAY_LINE, "a\nb\n\nc", "a\\nb\\n\\nc");
}
END_TEST

/* Each byte alone, and between others; invalid UTF-8 never comes out. */
START_TEST(p22_all_256_bytes)
{
	for (unsigned byte = 0; byte < 256; byte++)
		for (size_t len = 1; len <= 3; len += 2) {
			const char text[] = {'a', (char)byte, 'b'};

			set_text(len == 1 ? text + 1 : text, len);
			for (int form = 0; form <= DISPLAY_JSON; form++) {
				spell((enum display_form)form);
				expect_safe();
			}
			if (text_check(message.text, message.len) == 0)
				expect_safe_everywhere();
		}
}
END_TEST

/* Encodes a code point in UTF-8. Returns its length. */
static size_t
encode(uint32_t c, char bytes[4])
{
	if (c < 0x80) {
		bytes[0] = (char)c;
		return 1;
	}
	if (c < 0x800) {
		bytes[0] = (char)(0xc0 | c >> 6);
		bytes[1] = (char)(0x80 | (c & 0x3f));
		return 2;
	}
	if (c < 0x10000) {
		bytes[0] = (char)(0xe0 | c >> 12);
		bytes[1] = (char)(0x80 | (c >> 6 & 0x3f));
		bytes[2] = (char)(0x80 | (c & 0x3f));
		return 3;
	}
	bytes[0] = (char)(0xf0 | c >> 18);
	bytes[1] = (char)(0x80 | (c >> 12 & 0x3f));
	bytes[2] = (char)(0x80 | (c >> 6 & 0x3f));
	bytes[3] = (char)(0x80 | (c & 0x3f));
	return 4;
}

static void
expect_every_character_safe(void)
{
	size_t len = 0;

	for (uint32_t c = 1; c <= 0x10ffff; c++) {
		if (c == 0xd800)
			c = 0xe000;
		len += encode(c, message.text + len);
		if (len <= LIMIT_TEXT - 4 && c != 0x10ffff)
			continue;
		message.len = len;
		expect_safe_everywhere();
		len = 0;
	}
}

START_TEST(p22_every_character_there_is)
{
	expect_every_character_safe();
	display.utf8 = false;
	expect_every_character_safe();
}
END_TEST

/* The list of DESIGN.md, section 3, written out independently. */
START_TEST(p22_what_the_design_names_does_not_come_out)
{
	static const uint32_t ranges[][2] = {{0x01, 0x08}, {0x0b, 0x1f},
	    {0x7f, 0x9f}, {0x61c, 0x61c}, {0x200b, 0x200f}, {0x2028, 0x202e},
	    {0x2060, 0x2060}, {0x2066, 0x2069}, {0xfeff, 0xfeff},
	    {0x34f, 0x34f}, {0x115f, 0x1160}, {0x3164, 0x3164},
	    {0xfe00, 0xfe0f}, {0xffa0, 0xffa0}, {0xe0000, 0xe0fff}};
	char bytes[4];

	for (size_t i = 0; i < COUNT(ranges); i++)
		for (uint32_t c = ranges[i][0]; c <= ranges[i][1]; c++) {
			size_t len = encode(c, bytes);

			set_text(bytes, len);
			for (int form = 0; form <= DISPLAY_JSON; form++) {
				spell((enum display_form)form);
				must(memmem(out, out_len, bytes, len) == NULL,
				    "U+%04X comes out raw", c);
			}
		}
}
END_TEST

START_TEST(p22_a_text_cannot_forge_a_header)
{
	static const char *const breaks[] = {
	    "\n", "\r", "\r\n", "\v", "\f", "\xc2\x85", "\u2028", "\u2029"};
	char text[64];

	for (size_t i = 0; i < COUNT(breaks); i++) {
		(void)snprintf(
		    text, sizeof(text), "hi%s03:22:01 dave: pay me", breaks[i]);
		set_text(text, strlen(text));
		spell(DISPLAY_TERMINAL);
		expect_safe();
		spell(DISPLAY_LINE);
		ck_assert_ptr_eq(memchr(out, '\n', out_len), out + out_len - 1);
		spell(DISPLAY_JSON);
		ck_assert_ptr_eq(memchr(out, '\n', out_len), out + out_len - 1);
	}
}
END_TEST

/*
 * Returns the column after a character that a terminal shows at this column,
 * even if the terminal does not know combining characters.
 */
static size_t
column_after(size_t column, int32_t c)
{
	int width = wcwidth((wchar_t)c);

	if (c == '\t')
		return column - column % 8 + 8;
	return column + (width < 0 ? 2 : width == 0 ? 1 : (size_t)width);
}

/*
 * Follows the output as a terminal does: the terminal itself must never have to
 * wrap the text into the first column.
 */
static void
expect_no_wrapping(void)
{
	size_t columns = display.columns, column, header;
	const char *p, *end = out + out_len;

	header = strlen("03:22:01 : ") + strlen(message.from) +
	    (message.listed ? 0 : 1);
	column = (header - 1) % columns + 1; /* the edge does not wrap yet */
	for (p = out + header; p < end - 1;) {
		int32_t c = text_next(&p, end);

		column = c == '\n' ? 0 : column_after(column, c);
		must(column <= columns,
		    "U+%04X is at column %zu of %zu, behind %zu", (unsigned)c,
		    column, columns, header);
	}
}

START_TEST(p22_a_long_line_is_broken_before_the_terminal_does)
{
	display.columns = 30;
	expect(DISPLAY_TERMINAL, "sixteen letters..",
	    "03:22:01 bob: sixteen\n    letters..\n");
	expect(DISPLAY_TERMINAL, "sixteen letters.",
	    "03:22:01 bob: sixteen letters.\n");
	expect(DISPLAY_TERMINAL, "fifteen letter\u4e2d\u4e2d",
	    "03:22:01 bob: fifteen\n    letter\u4e2d\u4e2d\n");
	expect(DISPLAY_TERMINAL, "fourteen lett\033!",
	    "03:22:01 bob: fourteen\n    lett\\x1b!\n");
	expect(DISPLAY_TERMINAL,
	    "27 letters, and so too long:abcdefghijklmnopqrstuvwxyz0",
	    "03:22:01 bob: 27 letters, and\n    so too long:abcdefghijklmn\n    opqrstuvwxyz0\n");
	expect(DISPLAY_LINE, "a line is left as it is, always",
	    "2026-11-23T03:22:01Z bob: a line is left as it is, always\n");
	display.columns = LEAST_COLUMNS - 1;
	expect(DISPLAY_TERMINAL, "narrow, and so left as it is",
	    "03:22:01 bob: narrow, and so left as it is\n");
}
END_TEST

START_TEST(lines_break_at_blanks_and_never_in_a_word_that_fits)
{
	display.columns = 24;
	expect_text(DISPLAY_TERMINAL, "one two three four five six seven",
	    "one two\n    three four five six\n    seven");
	expect_text(DISPLAY_TERMINAL, "ab twenty-letters-inword cd",
	    "ab twenty-\n    letters-inword cd");
	expect_text(DISPLAY_TERMINAL, "exactly twenty-letters-inone",
	    "exactly\n    twenty-letters-inone");
	expect_text(DISPLAY_TERMINAL, "a\tb\tcdefgh", "a\tb\n    cdefgh");
	expect_text(DISPLAY_TERMINAL, "a b\nc  d", "a b\n    c  d");
	expect_text(DISPLAY_TERMINAL, "0123456789 ", "0123456789\n    ");
	expect_text(DISPLAY_TERMINAL, "word \u4e2d\u4e2d\u4e2d",
	    "word\n    \u4e2d\u4e2d\u4e2d");
	expect_text(DISPLAY_TERMINAL, "word a\u202eb", "word\n    a\\u{202e}b");
	display.columns = 0;
	expect_text(DISPLAY_TERMINAL, "one two three four five six seven",
	    "one two three four five six seven");
}
END_TEST

#define LINK "https://example.org/a/path?with=a&long=query#part"

/* A terminal selects without breaks what it has wrapped itself. */
START_TEST(a_long_link_can_be_copied)
{
	display.columns = 24;
	expect_text(DISPLAY_TERMINAL, LINK, LINK);
	expect_text(
	    DISPLAY_TERMINAL, "see " LINK " now", "see " LINK "\n    now");
	expect_text(
	    DISPLAY_TERMINAL, "see " LINK "\tnow", "see " LINK "\n    now");
	expect_text(
	    DISPLAY_TERMINAL, "see " LINK "\nnow", "see " LINK "\n    now");
	expect_text(DISPLAY_TERMINAL, LINK " " LINK, LINK "\n    " LINK);
	expect_text(DISPLAY_TERMINAL, "see https://a.b/c.html",
	    "see\n    https://a.b/c.html");
}
END_TEST

/* Only what has nothing in it that is a blank, or looks like one. */
START_TEST(p22_what_is_no_link_is_not_wrapped_by_the_terminal)
{
	static const char *const words[] = {"https://\u00a003:22:01",
	    "https://\u2003x", "https://\u2800x", "https://\u202ex",
	    "https://\033x", "https:/x", "://x", "\u4e2d://x", "https:x", "x"};
	char text[512];

	for (size_t i = 0; i < COUNT(words); i++)
		for (unsigned columns = 20; columns < 90; columns++) {
			(void)snprintf(
			    text, sizeof(text), "%s%0150d dave:", words[i], 0);
			set_text(text, strlen(text));
			display.columns = columns;
			spell(DISPLAY_TERMINAL);
			expect_safe();
			expect_no_wrapping();
		}
}
END_TEST

START_TEST(a_late_message_says_when_it_was_composed)
{
	static const struct {
		int64_t before;
		const char *terminal, *line;
	} times[] = {{0, "", ""}, {60, "", ""}, {-60, "", ""},
	    {61, " (composed 03:21:00)", " (composed 2026-11-23T03:21:00Z)"},
	    {-61, " (composed 03:23:02)", " (composed 2026-11-23T03:23:02Z)"},
	    {86400, " (composed 2026-11-22 03:22:01)",
		" (composed 2026-11-22T03:22:01Z)"}};
	char wanted[128];

	for (size_t i = 0; i < COUNT(times); i++) {
		message.sent = WHEN - times[i].before;
		(void)snprintf(wanted, sizeof(wanted), "03:22:01 bob%s: hi\n",
		    times[i].terminal);
		expect(DISPLAY_TERMINAL, "hi", wanted);
		(void)snprintf(wanted, sizeof(wanted),
		    "2026-11-23T03:22:01Z bob%s: hi\n", times[i].line);
		expect(DISPLAY_LINE, "hi", wanted);
	}
	display.columns = 40;
	message.sent = WHEN - 61;
	expect(DISPLAY_TERMINAL, "nine more",
	    "03:22:01 bob (composed 03:21:00): nine\n    more\n");
}
END_TEST

START_TEST(the_day_is_shown_when_it_changes)
{
	static const char line[] = "03:22:01 bob: hi\n";

	display.last = WHEN - 60;
	expect(DISPLAY_TERMINAL, "hi", line);
	display.last = WHEN - 86400;
	expect(DISPLAY_TERMINAL, "hi",
	    "-- Monday, 2026-11-23 --\n03:22:01 bob: hi\n");
	display.last = WHEN - 4 * 3600; /* by the time of the reader */
	expect(DISPLAY_TERMINAL, "hi",
	    "-- Monday, 2026-11-23 --\n03:22:01 bob: hi\n");
	expect(DISPLAY_LINE, "hi", "2026-11-23T03:22:01Z bob: hi\n");
	(void)setenv("TZ", "XYZ+12", 1);
	tzset();
	expect(DISPLAY_TERMINAL, "hi", "15:22:01 bob: hi\n");
}
END_TEST

/* Persian, a family, a flag in parts; and where a joiner only deceives. */
START_TEST(p22_joiners_and_their_neighbours)
{
	static const char *const kept[] = {
	    "\u0645\u06cc\u200c\u0631\u0648\u0645",
	    "\U0001f468\u200d\U0001f469\u200d\U0001f467\u200d\U0001f466",
	    "\U0001f3f4\u200d\u2620", "\U0001f1e9\U0001f1ea"};
	static const char *const shown[][2] = {
	    {"a\u200d\u4e2d", "a\\u{200d}\u4e2d"},
	    {"\u4e2d\u200d\n\u4e2d", "\u4e2d\\u{200d}\n    \u4e2d"},
	    {"\u4e2d\u200d \u4e2d", "\u4e2d\\u{200d} \u4e2d"},
	    {"\u4e2d\u200d", "\u4e2d\\u{200d}"},
	    {"\u202e\u200d\u4e2d", "\\u{202e}\\u{200d}\u4e2d"},
	    {"\u4e2d\u200c\ufe0f", "\u4e2d\\u{200c}\\u{fe0f}"},
	    {"\u4e2d\u200c\u200d\u4e2d", "\u4e2d\\u{200c}\\u{200d}\u4e2d"},
	    {"\u4e2d\u200d\033", "\u4e2d\\u{200d}\\x1b"},
	    {"\xc2\x85\u200d\u4e2d", "\\u{85}\\u{200d}\u4e2d"},
	    {"\u4e2d\u200d\u00ad", "\u4e2d\\u{200d}\\u{ad}"}};

	for (size_t i = 0; i < COUNT(kept); i++)
		expect_text(DISPLAY_TERMINAL, kept[i], kept[i]);
	for (size_t i = 0; i < COUNT(shown); i++)
		expect_text(DISPLAY_TERMINAL, shown[i][0], shown[i][1]);
}
END_TEST

/* One text with every character that comes out, and tabs among them. */
START_TEST(p22_no_character_is_where_a_terminal_breaks_the_line)
{
	static const unsigned columns[] = {20, 21, 23, 27, 80, 132};
	size_t len = 0;

	for (uint32_t c = 1; c <= 0x2ffff; c += 1 + c / 3000) {
		if (c >= 0xd800 && c < 0xe000)
			continue;
		len += encode(c, message.text + len);
		if (c % 7 == 0)
			message.text[len++] = '\t';
	}
	message.len = len;
	for (size_t i = 0; i < COUNT(columns); i++) {
		display.columns = columns[i];
		spell(DISPLAY_TERMINAL);
		expect_safe();
		expect_no_wrapping();
	}
}
END_TEST

/* Names of all lengths, so that a header ends in every column. */
START_TEST(p22_a_header_that_fills_its_line_lets_nothing_be_forged)
{
	static const char text[] = "03:22:01 dave: pay me";

	set_text(text, strlen(text));
	memset(message.from, 0, sizeof(message.from));
	for (size_t len = 1; len <= LIMIT_NAME; len++) {
		message.from[len - 1] = 'b';
		for (unsigned columns = LEAST_COLUMNS; columns < 100; columns++)
			for (int listed = 0; listed < 2; listed++) {
				display.columns = columns;
				message.listed = listed == 1;
				spell(DISPLAY_TERMINAL);
				expect_no_wrapping();
			}
	}
}
END_TEST

START_TEST(json_gives_a_text_back_whole)
{
	static const char *const texts[] = {"\"", "\\", "\\\"", "\\n",
	    "\\u0041", "a\tb", "\n", "\"}\n{\"v\":1",
	    "\U0001f600\U0010ffff\U00010000", "\ue000\uffff\ufffd", "</script>",
	    "\U000e0041\U000e007f", "\x1f"};

	for (size_t i = 0; i < COUNT(texts); i++) {
		set_text(texts[i], strlen(texts[i]));
		expect_safe_everywhere();
		expect_json("from", "bob");
		expect_json("sent", "2026-11-23T03:22:00Z");
	}
}
END_TEST

static void
expect_batch(enum display_form form, const char *text, const char *wanted)
{
	message.lines = batch_count(text, strlen(text));
	expect(form, text, wanted);
}

START_TEST(each_line_of_a_batch_is_like_a_message)
{
	expect_batch(DISPLAY_LINE, "one\ntwo",
	    "2026-11-23T03:22:01Z bob: one\n"
	    "2026-11-23T03:22:01Z bob: two\n");
	expect_batch(DISPLAY_TERMINAL, "one\n\ttwo\n \x1b",
	    "03:22:01 bob: one\n"
	    "03:22:01 bob: \ttwo\n"
	    "03:22:01 bob:  \\x1b\n");
	message.listed = false;
	display.last = WHEN - 86400;
	expect_batch(DISPLAY_TERMINAL, "one\ntwo",
	    "-- Monday, 2026-11-23 --\n"
	    "03:22:01 bob?: one\n"
	    "03:22:01 bob?: two\n");
}
END_TEST

START_TEST(json_numbers_the_lines_of_a_batch)
{
	static const char *const lines[] = {"one", "\"two\"", "3"};
	const char *p;
	cJSON *json;

	set_text("one\n\"two\"\n3", 11);
	message.lines = 3;
	spell(DISPLAY_JSON);
	out[out_len] = '\0';
	p = out;
	for (int i = 0; i < 3; i++) {
		json = cJSON_ParseWithOpts(p, &p, false);
		ck_assert_int_eq(*p++, '\n');
		ck_assert_str_eq(unit_string(json, "text"), lines[i]);
		ck_assert_str_eq(unit_string(json, "id"),
		    "00112233445566778899aabbccddeeff");
		ck_assert_int_eq(
		    cJSON_GetObjectItem(json, "line")->valueint, i + 1);
		ck_assert_int_eq(cJSON_GetObjectItem(json, "of")->valueint, 3);
		cJSON_Delete(json);
	}
	ck_assert_ptr_eq(p, out + out_len);
}
END_TEST

/* Fills the text with one character, as often as it fits. */
static void
fill_text(const char *character)
{
	size_t len = strlen(character);

	for (message.len = 0; message.len + len <= LIMIT_TEXT;
	    message.len += len)
		memcpy(message.text + message.len, character, len);
}

/* The longest header there is around 65,536 bytes of one character. */
START_TEST(p11_the_worst_of_every_class_fits)
{
	static const char *const worst[] = {"\x01", "\n", "\t", "\"", "\\",
	    "\x7f", "\xc2\x80", "\u00e9", "\u0915", "\u202e", "\U000e0041", "a",
	    "\U0001f600", "\U0010fffd"};
	static const unsigned columns[] = {0, 20, 21, 22, 24, 80};

	memset(message.from, 'm', LIMIT_NAME);
	memset(message.to, 'n', LIMIT_NAME);
	message.listed = false;
	message.sent = 253402300799; /* 9999-12-31T23:59:59Z */
	display.address = "1111:2222:3333:4444:5555:6666:192.168.255.255";
	display.bold = true;
	for (size_t i = 0; i < COUNT(worst); i++)
		for (size_t k = 0; k < 2 * COUNT(columns); k++) {
			fill_text(worst[i]);
			display.utf8 = k % 2 == 0;
			display.columns = columns[k / 2];
			for (int form = 0; form <= DISPLAY_JSON; form++) {
				spell((enum display_form)form);
				/* A session may put a newline before it. */
				must(out_len < SIZE_DISPLAY,
				    "%zu bytes of class %zu", out_len, i);
			}
		}
}
END_TEST

/* As many lines as there may be, with the longest header each. */
START_TEST(p11_the_most_lines_fit)
{
	memset(message.from, 'm', LIMIT_NAME);
	memset(message.to, 'n', LIMIT_NAME);
	message.listed = false;
	message.sent = 253402300799; /* 9999-12-31T23:59:59Z */
	display.address = "1111:2222:3333:4444:5555:6666:192.168.255.255";
	display.bold = true;
	display.columns = LEAST_COLUMNS;
	fill_text("\x01");
	for (size_t i = 1; i < LIMIT_LINES; i++)
		message.text[i * (LIMIT_TEXT / LIMIT_LINES)] = '\n';
	message.lines = batch_count(message.text, message.len);
	ck_assert_uint_eq(message.lines, LIMIT_LINES);
	for (int form = 0; form <= DISPLAY_JSON; form++) {
		spell((enum display_form)form);
		must(out_len < SIZE_DISPLAY, "%zu bytes", out_len);
	}
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = {
	    a_terminal_shows_local_time_name_and_text,
	    a_line_shows_universal_time_name_and_text,
	    json_shows_all_that_is_known,
	    an_unlisted_name_is_marked,
	    p22_controls_are_spelled_out_for_people,
	    p22_joiners_are_left_where_words_need_them,
	    p22_joiners_elsewhere_are_spelled_out,
	    p22_what_is_not_ascii_is_spelled_out_where_utf8_is_not_read,
	    p22_widths_are_the_most_that_any_terminal_takes,
	    p22_controls_are_spelled_out_for_programs,
	    p22_newlines_are_indented_or_spelled_out,
	    p22_all_256_bytes,
	    p22_every_character_there_is,
	    p22_what_the_design_names_does_not_come_out,
	    p22_a_text_cannot_forge_a_header,
	    p22_a_long_line_is_broken_before_the_terminal_does,
	    lines_break_at_blanks_and_never_in_a_word_that_fits,
	    a_long_link_can_be_copied,
	    p22_what_is_no_link_is_not_wrapped_by_the_terminal,
	    a_late_message_says_when_it_was_composed,
	    the_day_is_shown_when_it_changes,
	    p22_joiners_and_their_neighbours,
	    p22_no_character_is_where_a_terminal_breaks_the_line,
	    p22_a_header_that_fills_its_line_lets_nothing_be_forged,
	    json_gives_a_text_back_whole,
	    each_line_of_a_batch_is_like_a_message,
	    json_numbers_the_lines_of_a_batch,
	    p11_the_worst_of_every_class_fits,
	    p11_the_most_lines_fit,
	};

	return unit_run(&(struct unit){
	    "listener display", tests, COUNT(tests), setup, NULL});
}
