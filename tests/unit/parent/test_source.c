/* Addresses: how they are written, compared, and matched with networks. */
#include "common/base/error.h"
#include "listener/parent/cidr.h"
#include "tests/unit/listener.h"

/* Expects this text for an address written like this. */
static void
expect_text(const char *written, const char *text)
{
	struct source source = source_at(written);

	ck_assert_str_eq(source.text, text);
}

START_TEST(a_source_is_spelled_without_mapping_and_short)
{
	expect_text("192.0.2.7", "192.0.2.7");
	expect_text("::ffff:192.0.2.7", "192.0.2.7");
	expect_text("0.0.0.0", "0.0.0.0");
	expect_text("255.255.255.255", "255.255.255.255");
	expect_text("::1", "::1");
	expect_text("::", "::");
	expect_text("2001:0db8:0:0:0:0:0:0007", "2001:db8::7");
	expect_text("1111:2222:3333:4444:5555:6666:7777:8888",
	    "1111:2222:3333:4444:5555:6666:7777:8888");
}
END_TEST

START_TEST(ipv4_and_ipv4_mapped_are_the_same_source)
{
	struct source plain = source_at("192.0.2.7");
	struct source mapped = source_at("::ffff:192.0.2.7");

	ck_assert_mem_eq(&plain, &mapped, sizeof(plain));
	mapped = source_at("::192.0.2.7");
	ck_assert_mem_ne(plain.bytes, mapped.bytes, sizeof(plain.bytes));
}
END_TEST

START_TEST(port_flow_and_scope_are_no_part_of_a_source)
{
	struct sockaddr_storage address = address_of("fe80::1");
	struct sockaddr_in6 *in6 = (void *)&address;
	struct source before, after;

	source_of(&address, &before);
	in6->sin6_port = htons(7);
	in6->sin6_flowinfo = 7;
	in6->sin6_scope_id = 7;
	source_of(&address, &after);
	ck_assert_mem_eq(&before, &after, sizeof(before));
}
END_TEST

static void
expect_endpoint(const char *written, uint16_t port, const char *text)
{
	struct sockaddr_storage address = address_of(written);
	struct sockaddr_in *in = (void *)&address;
	char endpoint[SIZE_ENDPOINT];

	in->sin_port = htons(port); /* IPv6 has it in the same place */
	source_endpoint(&address, endpoint);
	ck_assert_str_eq(endpoint, text);
	ck_assert_uint_eq(source_port(&address), port);
}

START_TEST(an_endpoint_has_brackets_for_ipv6_only)
{
	expect_endpoint("192.0.2.7", 5000, "192.0.2.7:5000");
	expect_endpoint("0.0.0.0", 1, "0.0.0.0:1");
	expect_endpoint("::", 5000, "[::]:5000");
	expect_endpoint("2001:db8::7", 65535, "[2001:db8::7]:65535");
}
END_TEST

START_TEST(the_longest_endpoint_fits)
{
	expect_endpoint("1111:2222:3333:4444:5555:6666:7777:8888", 65535,
	    "[1111:2222:3333:4444:5555:6666:7777:8888]:65535");
}
END_TEST

static bool
contains(const char *network, const char *address)
{
	struct source source = source_at(address);
	const char *fault;
	struct cidr cidr;

	ck_assert_msg(cidr_parse(network, &cidr, &fault) == 0,
	    "%s is refused: %s", network, fault);
	return cidr_contains(&cidr, &source);
}

START_TEST(a_network_of_ipv4_contains_its_addresses)
{
	ck_assert(contains("192.0.2.0/24", "192.0.2.0"));
	ck_assert(contains("192.0.2.0/24", "192.0.2.255"));
	ck_assert(contains("192.0.2.0/24", "::ffff:192.0.2.7"));
	ck_assert(!contains("192.0.2.0/24", "192.0.3.0"));
	ck_assert(!contains("192.0.2.0/24", "192.0.1.255"));
	ck_assert(!contains("192.0.2.0/24", "::192.0.2.7"));
	ck_assert(contains("10.0.0.0/8", "10.255.255.255"));
	ck_assert(contains("0.0.0.0/0", "203.0.113.9"));
	ck_assert(!contains("0.0.0.0/0", "2001:db8::1"));
}
END_TEST

START_TEST(a_network_of_ipv6_contains_its_addresses)
{
	ck_assert(contains("2001:db8::/32", "2001:db8:ffff::1"));
	ck_assert(!contains("2001:db8::/32", "2001:db9::1"));
	ck_assert(contains("2001:db8::/33", "2001:db8:7fff::"));
	ck_assert(!contains("2001:db8::/33", "2001:db8:8000::"));
	ck_assert(contains("::/0", "2001:db8::1"));
	ck_assert(contains("fe80::/10", "fe80::1"));
	ck_assert(!contains("::/0", "192.0.2.1"));
	ck_assert(!contains("::/95", "192.0.2.1"));
	ck_assert(contains("::ffff:0.0.0.0/96", "192.0.2.1"));
	ck_assert(contains("::ffff:192.0.2.0/120", "192.0.2.9"));
	ck_assert(!contains("::ffff:192.0.2.0/120", "192.0.3.9"));
}
END_TEST

START_TEST(an_address_alone_is_a_network_of_one)
{
	ck_assert(contains("192.0.2.7", "192.0.2.7"));
	ck_assert(!contains("192.0.2.7", "192.0.2.6"));
	ck_assert(contains("192.0.2.7/32", "192.0.2.7"));
	ck_assert(!contains("192.0.2.7/32", "192.0.2.6"));
	ck_assert(contains("2001:db8::7", "2001:db8::7"));
	ck_assert(!contains("2001:db8::7", "2001:db8::6"));
	ck_assert(!contains("2001:db8::7/128", "2001:db8::6"));
}
END_TEST

START_TEST(bits_behind_the_prefix_do_not_matter)
{
	ck_assert(contains("192.0.2.77/24", "192.0.2.1"));
	ck_assert(contains("192.0.2.77/25", "192.0.2.1"));
	ck_assert(!contains("192.0.2.77/25", "192.0.2.128"));
}
END_TEST

/*
 * For each prefix length: the last bit in the prefix, and the first after it.
 */
START_TEST(every_length_of_prefix_is_exact)
{
	struct source source;
	struct cidr cidr = {.bits = 0};

	for (unsigned bits = 0; bits <= 128; bits++)
		for (unsigned flipped = 0; flipped < 128; flipped++) {
			memset(&source, 0x5a, sizeof(source));
			memset(cidr.bytes, 0x5a, sizeof(cidr.bytes));
			cidr.bits = bits;
			source.bytes[flipped / 8] ^=
			    (uint8_t)(0x80 >> flipped % 8);
			must(cidr_contains(&cidr, &source) == (flipped >= bits),
			    "bit %u with a prefix of %u", flipped, bits);
		}
}
END_TEST

START_TEST(what_is_no_network_is_refused)
{
	static const char *const bad[] = {"", "/", "/24", "192.0.2.0/",
	    "192.0.2.0/33", "192.0.2.0/-1", "192.0.2.0/2x", "192.0.2.0/24/24",
	    "192.0.2.0/4294967296", "192.0.2.0/0x8", "192.0.2/24", "192.0.2.",
	    "192.0.2.256", "192.0.02.0.0", "2001:db8::/129", "2001:db8::/",
	    "2001:db8", "2001::db8::", "[2001:db8::]/32", "localhost",
	    "192.0.2.0 /24", " 192.0.2.0/24", "192.0.2.0/24 ", "fe80::1%lo/64",
	    "192.0.2.0/ 24", "192.0.2.0/+24", "::/ 8", "192.0.2.0/024",
	    "192.0.2.0/00", "2001:db8::/032", "2001:db8::/+32", "010.0.0.0/8",
	    "10/8", "10.0.0.0/255.0.0.0", "10.0.0.0/8,", "*", "192.0.2.*",
	    "::ffff:10.0.0.0/8", "::ffff:0:0/95", "2001:db8::%/32",
	    "1111:2222:3333:4444:5555:6666:7777:8888:9999/8"};
	const char *fault;
	char longer[1000];
	struct cidr cidr;

	for (size_t i = 0; i < COUNT(bad); i++)
		ck_assert_msg(
		    cidr_parse(bad[i], &cidr, &fault) == CHAT_EMALFORMED,
		    "\"%s\" is taken", bad[i]);
	memset(longer, '1', sizeof(longer));
	longer[sizeof(longer) - 1] = '\0';
	ck_assert_int_eq(cidr_parse(longer, &cidr, &fault), CHAT_EMALFORMED);
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = {
	    a_source_is_spelled_without_mapping_and_short,
	    ipv4_and_ipv4_mapped_are_the_same_source,
	    port_flow_and_scope_are_no_part_of_a_source,
	    an_endpoint_has_brackets_for_ipv6_only,
	    the_longest_endpoint_fits,
	    a_network_of_ipv4_contains_its_addresses,
	    a_network_of_ipv6_contains_its_addresses,
	    an_address_alone_is_a_network_of_one,
	    bits_behind_the_prefix_do_not_matter,
	    every_length_of_prefix_is_exact,
	    what_is_no_network_is_refused,
	};

	return unit_run(
	    &(struct unit){"listener source", tests, COUNT(tests), NULL, NULL});
}
