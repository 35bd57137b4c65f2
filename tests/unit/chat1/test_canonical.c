/* Property 10: a frame has one canonical form, and no other is accepted. */
#include "tests/unit/line.h"

#define MAC "a3a275439093a117512a88014c5a520ca3a275439093a117512a88014c5a52fc"
#define FRAMES 6

static struct line line;

/* The parts of a valid line, as JSON that can be combined in other ways. */
#define TYPE "\"msg_type\":\"hello\""
#define CRC "\"crc\":0"
#define TIME "\"timestamp\":\"" LINE_TIME "\""
#define HEADER "\"header\":{" TYPE "," CRC "," TIME "}"
#define MESSAGE "\"message\":\"\""
#define HTYPE "\"hmac_type\":\"SHA256\""
#define HVAL "\"hmac_val\":\"\""
#define HMAC "\"hmac\":{" HTYPE "," HVAL "}"
#define ENC "\"enc_type\":\"AES256CBC\""
#define SECURITY "\"security\":{" HMAC "," ENC "}"
#define GOOD "{" HEADER "," MESSAGE "," SECURITY "}\n"

static void
refuse_all(const char *const *json, size_t count)
{
	struct frame frame;

	line_copy(&line, GOOD, sizeof(GOOD) - 1);
	line_accept(&line); /* otherwise the tests below would prove nothing */
	for (size_t i = 0; i < count; i++) {
		line_copy(&line, json[i], strlen(json[i]));
		ck_assert_msg(line_decode(&line, &frame) == CHAT_EMALFORMED,
		    "taken: %s", json[i]);
	}
}

/* Returns the line of vector n, which is valid. */
static const char *
good(int n)
{
	const char *bytes = unit_vector_frame(n);

	line_copy(&line, bytes, strlen(bytes));
	line_accept(&line);
	return bytes;
}

/* Returns vector n with some bytes inserted. */
static void
insert(const char *bytes, size_t at, const char *more, size_t len)
{
	line_copy(&line, bytes, at);
	memcpy(line.bytes + at, more, len);
	memcpy(line.bytes + at + len, bytes + at, strlen(bytes) - at);
	line.len = strlen(bytes) + len;
}

START_TEST(p10_key_order_is_refused)
{
	static const char *const json[] = {
	    "{" MESSAGE "," HEADER "," SECURITY "}\n",
	    "{" HEADER "," SECURITY "," MESSAGE "}\n",
	    "{" SECURITY "," MESSAGE "," HEADER "}\n",
	    "{\"header\":{" CRC "," TYPE "," TIME "}," MESSAGE "," SECURITY
	    "}\n",
	    "{\"header\":{" TYPE "," TIME "," CRC "}," MESSAGE "," SECURITY
	    "}\n",
	    "{" HEADER "," MESSAGE ",\"security\":{" ENC "," HMAC "}}\n",
	    "{" HEADER "," MESSAGE ",\"security\":{\"hmac\":{" HVAL "," HTYPE
	    "}," ENC "}}\n",
	};

	refuse_all(json, COUNT(json));
}
END_TEST

START_TEST(p10_duplicate_keys_are_refused)
{
	static const char *const json[] = {
	    "{" HEADER "," HEADER "," MESSAGE "," SECURITY "}\n",
	    "{" HEADER "," MESSAGE "," MESSAGE "," SECURITY "}\n",
	    "{" HEADER "," MESSAGE "," SECURITY "," MESSAGE "}\n",
	    "{" HEADER "," MESSAGE "," SECURITY "," SECURITY "}\n",
	    "{\"header\":{" TYPE "," TYPE "," CRC "," TIME "}," MESSAGE
	    "," SECURITY "}\n",
	    "{\"header\":{" TYPE "," CRC "," CRC "," TIME "}," MESSAGE
	    "," SECURITY "}\n",
	    "{\"header\":{" TYPE "," CRC "," TIME
	    ",\"msg_type\":\"ack\"}," MESSAGE "," SECURITY "}\n",
	    "{" HEADER "," MESSAGE ",\"security\":{" HMAC "," ENC "," ENC
	    "}}\n",
	    "{" HEADER "," MESSAGE ",\"security\":{\"hmac\":{" HTYPE "," HVAL
	    "," HVAL "}," ENC "}}\n",
	};

	refuse_all(json, COUNT(json));
}
END_TEST

START_TEST(p10_missing_and_unknown_keys_are_refused)
{
	static const char *const json[] = {
	    "{}\n",
	    "{" HEADER "}\n",
	    "{" MESSAGE "," SECURITY "}\n",
	    "{" HEADER "," SECURITY "}\n",
	    "{" HEADER "," MESSAGE "}\n",
	    "{\"header\":{" CRC "," TIME "}," MESSAGE "," SECURITY "}\n",
	    "{\"header\":{" TYPE "," TIME "}," MESSAGE "," SECURITY "}\n",
	    "{\"header\":{" TYPE "," CRC "}," MESSAGE "," SECURITY "}\n",
	    "{" HEADER "," MESSAGE ",\"security\":{" HMAC "}}\n",
	    "{" HEADER "," MESSAGE ",\"security\":{" ENC "}}\n",
	    "{" HEADER "," MESSAGE ",\"security\":{\"hmac\":{" HVAL "}," ENC
	    "}}\n",
	    "{" HEADER "," MESSAGE ",\"security\":{\"hmac\":{" HTYPE "}," ENC
	    "}}\n",
	    "{" HEADER "," MESSAGE "," SECURITY ",\"more\":1}\n",
	    "{\"v\":1," HEADER "," MESSAGE "," SECURITY "}\n",
	    "{\"header\":{" TYPE "," CRC "," TIME ",\"to\":\"a\"}," MESSAGE
	    "," SECURITY "}\n",
	};

	refuse_all(json, COUNT(json));
}
END_TEST

START_TEST(p10_wrong_json_types_are_refused)
{
	static const char *const json[] = {
	    "null\n",
	    "true\n",
	    "1\n",
	    "\"hello\"\n",
	    "[]\n",
	    "[" GOOD "]\n",
	    "{\"header\":[" TYPE "]," MESSAGE "," SECURITY "}\n",
	    "{\"header\":\"hello\"," MESSAGE "," SECURITY "}\n",
	    "{\"header\":null," MESSAGE "," SECURITY "}\n",
	    "{" HEADER ",\"message\":null," SECURITY "}\n",
	    "{" HEADER ",\"message\":[]," SECURITY "}\n",
	    "{" HEADER ",\"message\":0," SECURITY "}\n",
	    "{" HEADER "," MESSAGE ",\"security\":null}\n",
	    "{" HEADER "," MESSAGE ",\"security\":{\"hmac\":\"\"," ENC "}}\n",
	    "{" HEADER "," MESSAGE ",\"security\":{\"hmac\":{" HTYPE
	    ",\"hmac_val\":null}," ENC "}}\n",
	    "{\"header\":{\"msg_type\":1," CRC "," TIME "}," MESSAGE
	    "," SECURITY "}\n",
	    "{\"header\":{" TYPE "," CRC ",\"timestamp\":1767323045}," MESSAGE
	    "," SECURITY "}\n",
	};

	refuse_all(json, COUNT(json));
}
END_TEST

/* Many parsers accept keys in either case; each letter is tried here. */
START_TEST(p10_case_is_refused)
{
	for (int n = 1; n <= FRAMES; n++) {
		const char *bytes = good(n);

		for (size_t i = 0; i < strlen(bytes); i++) {
			char c = bytes[i];

			if ((c | 32) < 'a' || (c | 32) > 'z')
				continue;
			good(n);
			line.bytes[i] = (char)(c ^ 32);
			line_refuse(&line);
		}
	}
}
END_TEST

START_TEST(p10_white_space_in_every_place_is_refused)
{
	for (int n = 1; n <= FRAMES; n++) {
		const char *bytes = good(n);

		for (size_t at = 0; at <= strlen(bytes); at++)
			for (const char *c = " \t\r\n\f\v"; *c != '\0'; c++) {
				insert(bytes, at, c, 1);
				line_refuse(&line);
			}
	}
}
END_TEST

START_TEST(p10_every_byte_put_in_anywhere_is_refused)
{
	const char *bytes = good(4);

	for (size_t at = 0; at <= strlen(bytes); at++)
		for (int c = 0; c < 256; c++) {
			char byte = (char)c;

			insert(bytes, at, &byte, 1);
			line_refuse(&line);
		}
}
END_TEST

/* If another byte is accepted, it makes another time or another MAC. */
START_TEST(p10_every_byte_in_the_place_of_another_is_refused)
{
	static struct line again;
	struct frame frame, changed;
	const char *bytes = good(4);
	size_t taken = 0;

	ck_assert_int_eq(line_decode(&line, &frame), 0);
	for (size_t at = 0; at < strlen(bytes); at++)
		for (int c = 0; c < 256; c++) {
			good(4);
			line.bytes[at] = (char)c;
			if (c == (uint8_t)bytes[at] ||
			    line_decode(&line, &changed) != 0)
				continue;
			taken++;
			ck_assert_int_eq(changed.type, frame.type);
			ck_assert(changed.time != frame.time ||
			    memcmp(changed.mac, frame.mac, SIZE_HASH) != 0);
			ck_assert_int_eq(frame_encode(&changed, &again), 0);
			ck_assert_uint_eq(again.len, line.len);
			ck_assert_mem_eq(again.bytes, line.bytes, line.len);
		}
	ck_assert_uint_gt(taken, 64 * 15); /* the MAC, and some of the time */
}
END_TEST

/* The memory ends with the line, so that a sanitizer notices more. */
START_TEST(p10_every_line_that_ends_early_is_refused_there)
{
	for (int n = 1; n <= FRAMES; n++) {
		const char *bytes = good(n);

		for (size_t len = 0; len < strlen(bytes); len++) {
			struct line *early =
			    malloc(offsetof(struct line, bytes) + len);

			early->len = len;
			memcpy(early->bytes, bytes, len);
			line_refuse(early);
			free(early);
		}
	}
}
END_TEST

START_TEST(p10_the_end_is_one_lf)
{
	const char *bytes = good(1);
	size_t len = strlen(bytes);

	line.len = len - 1;
	line_refuse(&line);
	line.bytes[len - 1] = '\r';
	line.len = len;
	line_refuse(&line);
	line.bytes[len - 1] = '\0';
	line_refuse(&line);
	insert(bytes, len - 1, "\r", 1);
	line_refuse(&line);
	insert(bytes, len, "\n", 1);
	line_refuse(&line);
	insert(bytes, len, "\0", 1);
	line_refuse(&line);
	insert(bytes, len, bytes, len < 200 ? len : 200);
	line_refuse(&line);
}
END_TEST

START_TEST(p10_two_frames_in_a_line_are_refused)
{
	const char *bytes = good(6);
	size_t len = strlen(bytes);

	insert(bytes, len, bytes, len);
	line_refuse(&line);
	insert(bytes, len - 1, bytes, len);
	line_refuse(&line);
}
END_TEST

START_TEST(p10_a_byte_order_mark_is_refused)
{
	for (int n = 1; n <= FRAMES; n++) {
		insert(good(n), 0, "\xef\xbb\xbf", 3);
		line_refuse(&line);
	}
}
END_TEST

/* Each character of each string as an escape, which JSON takes for the same. */
START_TEST(p10_escapes_are_refused)
{
	for (int n = 1; n <= FRAMES; n++) {
		const char *bytes = good(n);

		for (size_t i = 0; i < strlen(bytes); i++) {
			char escape[8];

			(void)snprintf(escape, sizeof(escape), "\\u%04x",
			    (unsigned char)bytes[i]);
			insert(bytes, i, escape, 6);
			memmove(line.bytes + i + 6, line.bytes + i + 7,
			    line.len - i - 7);
			line.len--;
			line_refuse(&line);
		}
	}
}
END_TEST

START_TEST(p10_an_escaped_slash_is_refused)
{
	/* The base64 of 0xff 0xff 0xff consists of slashes. */
	line_accept_parts((struct parts){.message = "////"});
	line_refuse_parts((struct parts){.message = "\\////"});
	line_refuse_parts((struct parts){.message = "\\/\\/\\/\\/"});
}
END_TEST

START_TEST(p10_escaped_nul_is_refused)
{
	static const struct parts parts[] = {
	    {.type = "hello\\u0000"},
	    {.type = "hello\\u0000x"},
	    {.type = "\\u0000hello"},
	    {.time = LINE_TIME "\\u0000"},
	    {.message = "AQ==\\u0000"},
	    {.message = "\\u0000", .crc = "0"},
	    {.message = "\\u0000AQ==", .crc = "0"},
	    {.mac = "\\u0000"},
	    {.mac = MAC "\\u0000"},
	};

	line_accept_parts((struct parts){.message = "AQ==", .mac = MAC});
	for (size_t i = 0; i < COUNT(parts); i++)
		line_refuse_parts(parts[i]);
}
END_TEST

START_TEST(p10_bare_nul_is_refused)
{
	for (int n = 1; n <= FRAMES; n++) {
		const char *bytes = good(n);

		for (size_t at = 0; at <= strlen(bytes); at++) {
			insert(bytes, at, "\0", 1);
			line_refuse(&line);
		}
	}
}
END_TEST

/* One number in every spelling that a parser might accept. */
START_TEST(p10_number_spellings_are_refused)
{
	static const char *const formats[] = {"%u.0", "%u.", "%ue0", "%uE0",
	    "%ue+0", "%u0e-1", "+%u", "0%u", "00%u", "-%u", "\"%u\"", "[%u]",
	    "%u,0", "%uu", "%u.00000000001", "0x%x", "%u ", " %u"};
	char crc[32], message[] = "AQ==";

	(void)snprintf(crc, sizeof(crc), "%u", line_crc(message));
	line_accept_parts((struct parts){.message = message, .crc = crc});
	for (size_t i = 0; i < COUNT(formats); i++) {
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral" /* from the table */
		(void)snprintf(crc, sizeof(crc), formats[i], line_crc(message));
#pragma GCC diagnostic pop
		line_refuse_parts(
		    (struct parts){.message = message, .crc = crc});
	}
}
END_TEST

START_TEST(p10_other_spellings_of_zero_are_refused)
{
	static const char *const zeros[] = {"-0", "+0", "00", "0.0", "0.",
	    "0e0", "0e9", "0E-9", "-0.0", "1e-400", "\"0\"", "null", "false",
	    "{}", "[]", "", "4294967296", "8589934592", "00000000000",
	    "18446744073709551616", "340282366920938463463374607431768211456"};

	line_accept_parts((struct parts){.crc = "0"});
	for (size_t i = 0; i < COUNT(zeros); i++)
		line_refuse_parts((struct parts){.crc = zeros[i]});
}
END_TEST

START_TEST(p10_a_wrong_crc_is_refused)
{
	const char *message = "AQIDBA==";
	uint32_t right = line_crc(message);
	char crc[16];

	line_accept_parts((struct parts){.message = message});
	for (int bit = 0; bit < 32; bit++) {
		(void)snprintf(crc, sizeof(crc), "%u", right ^ 1u << bit);
		line_refuse_parts(
		    (struct parts){.message = message, .crc = crc});
	}
	line_refuse_parts((struct parts){.message = message, .crc = "0"});
	line_refuse_parts((struct parts){.message = message, .crc = "1e99"});
	line_refuse_parts((struct parts){.message = "", .crc = "4294967295"});
	line_refuse_parts((struct parts){.message = "", .crc = "4294967296"});
}
END_TEST

/* The checksum is right in each: only the base64 is not canonical. */
START_TEST(p10_other_base64_is_refused)
{
	static const char *const bad[] = {"AR==", "AS==", "AX==", "AQ=", "AQ",
	    "A", "AQ=A", "AQ===", "AQ== ", " AQ==", "AQ ==", "AQ==\\n",
	    "AQ==AQ==", "====", "A===", "=AQ=", "AQIDBA=", "AQIDBA",
	    "AQJ=", "AQK=", "AQL=", "-_-_", "AQ.=", "AQ==AAAA", "AQID    ",
	    "    AQID", "AQ==!", "A\xc3\xa9=="};

	line_accept_parts((struct parts){.message = "AQ=="});
	line_accept_parts((struct parts){.message = "AQI="});
	line_accept_parts((struct parts){.message = "AQIDBA=="});
	for (size_t i = 0; i < COUNT(bad); i++)
		line_refuse_parts((struct parts){.message = bad[i]});
}
END_TEST

/*
 * Of all quartets that end in padding, only those with zero unused bits are
 * accepted.
 */
START_TEST(p10_only_zero_bits_are_under_the_padding)
{
	static const char table[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "abcdefghijklmnopqrstuvwxyz0123456789+/";
	char one[] = "AA==", two[] = "AAA=";

	for (size_t i = 0; i < 64; i++) {
		one[1] = two[2] = table[i];
		if (i % 16 == 0)
			line_accept_parts((struct parts){.message = one});
		else
			line_refuse_parts((struct parts){.message = one});
		if (i % 4 == 0)
			line_accept_parts((struct parts){.message = two});
		else
			line_refuse_parts((struct parts){.message = two});
	}
}
END_TEST

START_TEST(p10_another_spelling_of_the_mac_is_refused)
{
	char mac[] = MAC;

	line_accept_parts((struct parts){.mac = mac});
	mac[0] = 'A';
	line_refuse_parts((struct parts){.mac = mac});
	for (int c = 1; c < 256; c++) {
		mac[0] = (char)c;
		if (strchr("0123456789abcdef", c) != NULL)
			line_accept_parts((struct parts){.mac = mac});
		else
			line_refuse_parts((struct parts){.mac = mac});
	}
}
END_TEST

START_TEST(p10_a_mac_of_another_length_is_refused)
{
	char mac[2 * sizeof(MAC)] = "";

	for (size_t len = 0; len < sizeof(mac) - 1; len++) {
		if (len == 0 || len == 64)
			line_accept_parts((struct parts){.mac = mac});
		else
			line_refuse_parts((struct parts){.mac = mac});
		mac[len] = '0';
	}
}
END_TEST

START_TEST(p10_unknown_types_are_refused)
{
	static const char *const bad[] = {"", "Hello", "HELLO", "hell",
	    "helloo", "hello ", " hello", "quit", "nak", "message", "acknack",
	    "0"};

	for (size_t i = 0; i < COUNT(line_types); i++)
		line_accept_parts((struct parts){.type = line_types[i]});
	for (size_t i = 0; i < COUNT(bad); i++)
		line_refuse_parts((struct parts){.type = bad[i]});
}
END_TEST

START_TEST(p10_other_algorithms_are_refused)
{
	static const char *const json[] = {
	    "{" HEADER "," MESSAGE ",\"security\":{\"hmac\":{\"hmac_type\":"
	    "\"sha256\"," HVAL "}," ENC "}}\n",
	    "{" HEADER "," MESSAGE ",\"security\":{\"hmac\":{\"hmac_type\":"
	    "\"NONE\"," HVAL "}," ENC "}}\n",
	    "{" HEADER "," MESSAGE ",\"security\":{\"hmac\":{\"hmac_type\":"
	    "\"\"," HVAL "}," ENC "}}\n",
	    "{" HEADER "," MESSAGE ",\"security\":{" HMAC
	    ",\"enc_type\":\"NONE\"}}\n",
	    "{" HEADER "," MESSAGE ",\"security\":{" HMAC
	    ",\"enc_type\":\"AES256GCM\"}}\n",
	    "{" HEADER "," MESSAGE ",\"security\":{" HMAC
	    ",\"enc_type\":null}}\n",
	};

	refuse_all(json, COUNT(json));
}
END_TEST

START_TEST(p10_depth_is_refused)
{
	static const char opening[] = "[{\"";

	for (const char *c = opening; *c != '\0'; c++)
		for (size_t len = 1; len < sizeof(line.bytes); len *= 2) {
			memset(line.bytes, *c, len);
			line.bytes[len] = '\n';
			line.len = len + 1;
			line_refuse(&line);
		}
	for (size_t i = 0; i + 5 <= sizeof(line.bytes); i += 5)
		memcpy(line.bytes + i, "{\"a\":", 5);
	line.len = sizeof(line.bytes) - 1;
	line_refuse(&line);
}
END_TEST

START_TEST(p10_bad_utf8_is_refused)
{
	static const char *const bad[] = {"\x80", "\xc3", "\xc0\x80",
	    "\xed\xa0\x80", "\xf5\x80\x80\x80", "\xff", "\xc3\xa9"};

	for (size_t i = 0; i < COUNT(bad); i++) {
		line_refuse_parts((struct parts){.type = bad[i]});
		line_refuse_parts((struct parts){.message = bad[i]});
		line_refuse_parts((struct parts){.time = bad[i]});
		line_refuse_parts((struct parts){.mac = bad[i]});
	}
}
END_TEST

/* Property 12: times that do not exist. test_timestamp.c tries all days. */
START_TEST(p12_impossible_dates_are_refused)
{
	static const char *const bad[] = {"2026-02-30T03:04:05Z",
	    "2026-13-02T03:04:05Z", "2026-01-02T24:00:00Z",
	    "2026-01-02T23:59:60Z", "26-01-02T03:04:05Z", "2026-01-02T03:04:05",
	    "2026-01-02T03:04:05z", "2026-01-02 03:04:05Z",
	    "2026-01-02T03:04:05.0Z", "2026-01-02T03:04:05+00:00",
	    "12026-01-02T03:04:05Z", "-026-01-02T03:04:05Z", ""};

	line_accept_parts((struct parts){.time = "0000-01-01T00:00:00Z"});
	line_accept_parts((struct parts){.time = "9999-12-31T23:59:59Z"});
	line_accept_parts((struct parts){.time = "2024-02-29T23:59:59Z"});
	for (size_t i = 0; i < COUNT(bad); i++)
		line_refuse_parts((struct parts){.time = bad[i]});
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = {
	    p10_key_order_is_refused,
	    p10_duplicate_keys_are_refused,
	    p10_missing_and_unknown_keys_are_refused,
	    p10_wrong_json_types_are_refused,
	    p10_case_is_refused,
	    p10_white_space_in_every_place_is_refused,
	    p10_every_byte_put_in_anywhere_is_refused,
	    p10_every_byte_in_the_place_of_another_is_refused,
	    p10_every_line_that_ends_early_is_refused_there,
	    p10_the_end_is_one_lf,
	    p10_two_frames_in_a_line_are_refused,
	    p10_a_byte_order_mark_is_refused,
	    p10_escapes_are_refused,
	    p10_an_escaped_slash_is_refused,
	    p10_escaped_nul_is_refused,
	    p10_bare_nul_is_refused,
	    p10_number_spellings_are_refused,
	    p10_other_spellings_of_zero_are_refused,
	    p10_a_wrong_crc_is_refused,
	    p10_other_base64_is_refused,
	    p10_only_zero_bits_are_under_the_padding,
	    p10_another_spelling_of_the_mac_is_refused,
	    p10_a_mac_of_another_length_is_refused,
	    p10_unknown_types_are_refused,
	    p10_other_algorithms_are_refused,
	    p10_depth_is_refused,
	    p10_bad_utf8_is_refused,
	    p12_impossible_dates_are_refused,
	};

	return unit_run(
	    &(struct unit){"canonical", tests, COUNT(tests), NULL, NULL});
}
