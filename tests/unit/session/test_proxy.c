/* The PROXY protocol: what is accepted, how much is read, what is refused. */
#include "listener/session/proxy.h"

#include "common/base/clock.h"
#include "common/base/error.h"
#include "tests/unit/listener.h"

#define REST "{\"header\"" /* what follows the header */
#define SIGNATURE "\r\n\r\n\0\r\nQUIT\n"
#define SIZE_SIGNATURE 12

static int ends[2]; /* the balancer's end and ours */
static struct source source;
static bool named;

static void
setup(void)
{
	(void)signal(SIGPIPE, SIG_IGN);
	ck_assert_int_eq(
	    socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends), 0);
	source = source_at("203.0.113.9");
	named = true;
}

static void
teardown(void)
{
	(void)close(ends[0]);
	(void)close(ends[1]);
}

/* Returns what proxy_read() says if only these bytes come. */
static int
read_bytes(const void *bytes, size_t len)
{
	teardown();
	setup();
	ck_assert_int_eq(write(ends[0], bytes, len), (ssize_t)len);
	ck_assert_int_eq(shutdown(ends[0], SHUT_WR), 0);
	return proxy_read(
	    ends[1], clock_now_ms() + UNIT_LATE_MS, &source, &named);
}

/* Expects that nothing after the header was read. */
static void
expect_rest(const char *header)
{
	char rest[sizeof(REST)] = "";

	ck_assert_int_eq(
	    read(ends[1], rest, sizeof(rest)), (ssize_t)strlen(REST));
	ck_assert_msg(memcmp(rest, REST, strlen(REST)) == 0,
	    "%s: \"%s\" follows", header, rest);
}

static int
read_line(const char *line)
{
	char bytes[1024];
	int len = snprintf(bytes, sizeof(bytes), "%s\r\n%s", line, REST);

	return read_bytes(bytes, (size_t)len);
}

static void
expect_line(const char *line, const char *text)
{
	ck_assert_msg(read_line(line) == 0, "%s is refused", line);
	ck_assert_int_eq(named, text != NULL);
	ck_assert_str_eq(source.text, text != NULL ? text : "203.0.113.9");
	expect_rest(line);
}

#define HIGHEST "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"

START_TEST(version_1_names_a_source)
{
	expect_line("PROXY TCP4 192.0.2.7 192.0.2.1 56324 443", "192.0.2.7");
	expect_line("PROXY TCP4 0.0.0.0 255.255.255.255 0 65535", "0.0.0.0");
	expect_line("PROXY TCP6 2001:db8::7 ::1 1 2", "2001:db8::7");
	expect_line("PROXY TCP6 ::ffff:192.0.2.7 ::1 1 2", "192.0.2.7");
	expect_line("PROXY TCP6 " HIGHEST " " HIGHEST " 65535 65535", HIGHEST);
}
END_TEST

START_TEST(version_1_may_name_nobody)
{
	expect_line("PROXY UNKNOWN", NULL);
	expect_line("PROXY UNKNOWN ", NULL);
	expect_line("PROXY UNKNOWN TCP4 what ever\r 1", NULL);
	expect_line("PROXY UNKNOWN " HIGHEST " " HIGHEST " 65535 65535", NULL);
}
END_TEST

START_TEST(version_1_has_one_form)
{
	static const char *const bad[] = {
	    "PROXY ",
	    "PROXY TCP4",
	    "PROXY TCP4 ",
	    "PROXY TCP4 192.0.2.7",
	    "PROXY TCP4 192.0.2.7 192.0.2.1",
	    "PROXY TCP4 192.0.2.7 192.0.2.1 1",
	    "PROXY TCP4 192.0.2.7 192.0.2.1 1 ",
	    "PROXY TCP4 192.0.2.7 192.0.2.1 1 2 ",
	    "PROXY TCP4 192.0.2.7 192.0.2.1 1 2 3",
	    "PROXY TCP4  192.0.2.7 192.0.2.1 1 2",
	    "PROXY TCP4\t192.0.2.7 192.0.2.1 1 2",
	    "PROXY TCP4 192.0.2.7 192.0.2.1 1 65536",
	    "PROXY TCP4 192.0.2.7 192.0.2.1 4294967297 1",
	    "PROXY TCP4 192.0.2.7 192.0.2.1 01 2",
	    "PROXY TCP4 192.0.2.7 192.0.2.1 -1 2",
	    "PROXY TCP4 192.0.2.7 192.0.2.1 1 2\r",
	    "PROXY TCP4 192.0.2.7 192.0.2.1 1 2a",
	    "PROXY TCP4 192.0.2 192.0.2.1 1 2",
	    "PROXY TCP4 192.0.2.256 192.0.2.1 1 2",
	    "PROXY TCP4 192.0.2.7 somewhere 1 2",
	    "PROXY TCP4 localhost 192.0.2.1 1 2",
	    "PROXY TCP4 2001:db8::7 ::1 1 2",
	    "PROXY TCP6 192.0.2.7 192.0.2.1 1 2",
	    "PROXY TCP6 2001:db8::7 192.0.2.1 1 2",
	    "PROXY TCP6 fe80::1%eth0 ::1 1 2",
	    "PROXY UDP4 192.0.2.7 192.0.2.1 1 2",
	    "PROXY tcp4 192.0.2.7 192.0.2.1 1 2",
	    "PROXY UNIX /run/a /run/b 1 2",
	    "PROXY UNKNOWNS 1 2 3 4",
	    "PROXY unknown",
	    "PROXYTCP4 192.0.2.7 192.0.2.1 1 2",
	    "proxy TCP4 192.0.2.7 192.0.2.1 1 2",
	    " PROXY TCP4 192.0.2.7 192.0.2.1 1 2",
	};

	for (size_t i = 0; i < COUNT(bad); i++) {
		ck_assert_msg(
		    read_line(bad[i]) == CHAT_EMALFORMED, "taken: %s", bad[i]);
		ck_assert(!named || source.text[0] == '2');
	}
}
END_TEST

START_TEST(version_1_ends_with_cr_lf_and_has_no_nul)
{
	static const char lf[] = "PROXY TCP4 192.0.2.7 192.0.2.1 1 23\n" REST;
	static const char known[] = "PROXY UNKNOWN x\n" REST;
	static const char nul[] = "PROXY UNKNOWN\0\r\n" REST;
	static const char cut[] =
	    "PROXY TCP4 192.0.2.7\0 192.0.2.1 1 2\r\n" REST;

	ck_assert_int_eq(read_bytes(lf, sizeof(lf) - 1), CHAT_EMALFORMED);
	ck_assert_int_eq(read_bytes(known, sizeof(known) - 1), CHAT_EMALFORMED);
	ck_assert_int_eq(read_bytes(nul, sizeof(nul) - 1), CHAT_EMALFORMED);
	ck_assert_int_eq(read_bytes(cut, sizeof(cut) - 1), CHAT_EMALFORMED);
}
END_TEST

START_TEST(version_1_has_107_bytes_at_most)
{
	char line[LIMIT_PROXY_1];

	memset(line, 'x', sizeof(line));
	memcpy(line, "PROXY UNKNOWN ", 14);
	line[LIMIT_PROXY_1 - 2] = '\0';
	expect_line(line, NULL);
	line[LIMIT_PROXY_1 - 2] = 'x';
	line[LIMIT_PROXY_1 - 1] = '\0';
	ck_assert_int_eq(read_line(line), CHAT_EMALFORMED);
}
END_TEST

/* Builds a header of version 2 with this block. Returns its length. */
static size_t
spell_2(uint8_t command, uint8_t family, const void *block, size_t len,
    uint8_t *out)
{
	memcpy(out, SIGNATURE, SIZE_SIGNATURE);
	out[12] = command;
	out[13] = family;
	out[14] = (uint8_t)(len >> 8);
	out[15] = (uint8_t)len;
	if (len > 0)
		memcpy(out + 16, block, len);
	return 16 + len;
}

static int
read_2(uint8_t command, uint8_t family, const void *block, size_t len)
{
	static uint8_t out[1 << 17];
	size_t size = spell_2(command, family, block, len, out);

	memcpy(out + size, REST, strlen(REST));
	return read_bytes(out, size + strlen(REST));
}

/* 192.0.2.7 port 4660 to 192.0.2.1 port 5000; 2001:db8::7 to ::1. */
static const uint8_t tcp4[12] = {
    192, 0, 2, 7, 192, 0, 2, 1, 0x12, 0x34, 0x13, 0x88};
static const uint8_t tcp6[36] = {
    0x20, 1, 0x0d, 0xb8, [15] = 7, [31] = 1, [32] = 0x12};

START_TEST(version_2_names_a_source)
{
	ck_assert_int_eq(read_2(0x21, 0x11, tcp4, sizeof(tcp4)), 0);
	ck_assert(named);
	ck_assert_str_eq(source.text, "192.0.2.7");
	expect_rest("TCP4");
	ck_assert_int_eq(read_2(0x21, 0x21, tcp6, sizeof(tcp6)), 0);
	ck_assert(named);
	ck_assert_str_eq(source.text, "2001:db8::7");
	expect_rest("TCP6");
}
END_TEST

/* Extensions after the addresses are ignored. */
START_TEST(version_2_may_have_extensions)
{
	static const size_t fit[] = {3, 100, LIMIT_PROXY_2 - 16 - sizeof(tcp6)};
	uint8_t block[LIMIT_PROXY_2 + 1] = {0};

	for (size_t i = 0; i < COUNT(fit); i++) {
		memset(block, (int)i + 1, sizeof(block));
		memcpy(block, tcp6, sizeof(tcp6));
		ck_assert_int_eq(
		    read_2(0x21, 0x21, block, sizeof(tcp6) + fit[i]), 0);
		ck_assert_str_eq(source.text, "2001:db8::7");
		expect_rest("extensions");
	}
	ck_assert_int_eq(
	    read_2(0x21, 0x21, block, LIMIT_PROXY_2 - 15), CHAT_EMALFORMED);
	ck_assert_int_eq(
	    read_2(0x21, 0x21, (uint8_t[65535]){0x20}, 65535), CHAT_EMALFORMED);
}
END_TEST

/* In any such header, the balancer speaks for itself. */
START_TEST(version_2_may_name_nobody)
{
	for (int family = 0; family < 256; family++) {
		ck_assert_int_eq(
		    read_2(0x20, (uint8_t)family, tcp4, sizeof(tcp4)), 0);
		ck_assert(!named);
		expect_rest("LOCAL");
	}
	ck_assert_int_eq(read_2(0x20, 0, NULL, 0), 0);
	ck_assert(!named);
	ck_assert_int_eq(read_2(0x21, 0, NULL, 0), 0);
	ck_assert(!named);
	ck_assert_int_eq(read_2(0x21, 0, tcp4, sizeof(tcp4)), 0);
	ck_assert(!named);
	expect_rest("UNSPEC");
	ck_assert_str_eq(source.text, "203.0.113.9");
}
END_TEST

START_TEST(version_2_is_tcp_over_ip)
{
	uint8_t unix_pair[216] = "/run/somewhere";

	for (int family = 1; family < 256; family++)
		if (family != 0x11 && family != 0x21) {
			ck_assert_msg(read_2(0x21, (uint8_t)family, unix_pair,
					  sizeof(unix_pair)) == CHAT_EMALFORMED,
			    "taken: family %#x", (unsigned)family);
			ck_assert(!named);
		}
}
END_TEST

START_TEST(version_2_has_two_commands)
{
	for (int command = 0; command < 256; command++)
		if (command != 0x20 && command != 0x21)
			ck_assert_msg(read_2((uint8_t)command, 0x11, tcp4,
					  sizeof(tcp4)) == CHAT_EMALFORMED,
			    "taken: command %#x", (unsigned)command);
}
END_TEST

START_TEST(version_2_has_room_for_its_addresses)
{
	for (size_t len = 0; len < sizeof(tcp4); len++)
		ck_assert_int_eq(
		    read_2(0x21, 0x11, tcp4, len), CHAT_EMALFORMED);
	for (size_t len = 0; len < sizeof(tcp6); len++)
		ck_assert_int_eq(
		    read_2(0x21, 0x21, tcp6, len), CHAT_EMALFORMED);
}
END_TEST

/* Cut off anywhere; the same if the rest comes too late. */
START_TEST(a_part_of_a_header_is_none)
{
	static const char line[] = "PROXY TCP4 192.0.2.7 192.0.2.1 1 2\r\n";
	uint8_t binary[64];
	size_t size = spell_2(0x21, 0x21, tcp6, sizeof(tcp6), binary);

	for (size_t len = 0; len < sizeof(line) - 1; len++)
		ck_assert_int_eq(read_bytes(line, len), CHAT_ECLOSED);
	for (size_t len = 0; len < size; len++)
		ck_assert_int_eq(read_bytes(binary, len), CHAT_ECLOSED);
	teardown();
	setup();
	ck_assert_int_eq(write(ends[0], line, 20), 20);
	ck_assert_int_eq(
	    proxy_read(ends[1], clock_now_ms() + 20, &source, &named),
	    CHAT_EDEADLINE);
}
END_TEST

START_TEST(without_a_header_it_is_malformed)
{
	static const char hello[] = "{\"header\":{\"msg_type\":\"hello\"";
	char signature[] = SIGNATURE "\x21\x11\0\0";

	ck_assert_int_eq(read_bytes(hello, sizeof(hello) - 1), CHAT_EMALFORMED);
	for (size_t i = 0; i < SIZE_SIGNATURE; i++) {
		signature[i] ^= 1;
		ck_assert_int_eq(read_bytes(signature, sizeof(signature) - 1),
		    CHAT_EMALFORMED);
		signature[i] ^= 1;
	}
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = {
	    version_1_names_a_source,
	    version_1_may_name_nobody,
	    version_1_has_one_form,
	    version_1_ends_with_cr_lf_and_has_no_nul,
	    version_1_has_107_bytes_at_most,
	    version_2_names_a_source,
	    version_2_may_have_extensions,
	    version_2_may_name_nobody,
	    version_2_is_tcp_over_ip,
	    version_2_has_two_commands,
	    version_2_has_room_for_its_addresses,
	    a_part_of_a_header_is_none,
	    without_a_header_it_is_malformed,
	};

	return unit_run(&(struct unit){
	    "listener proxy", tests, COUNT(tests), setup, teardown});
}
