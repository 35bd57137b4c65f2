/* The entries of the user directory: DESIGN.md, section 1. */
#include "common/users/entry.h"
#include "tests/unit/listing.h"

START_TEST(an_entry_says_what_it_says)
{
	const struct user *users;

	ck_assert_int_eq(listing_parse("[" ALICE ",\n" BOB "]",
			     strlen("[" ALICE ",\n" BOB "]")),
	    0);
	ck_assert_uint_eq(directory.count, 2);
	users = directory.users;
	ck_assert_str_eq(users[0].name, "alice");
	ck_assert_str_eq(users[0].password, SECRET);
	ck_assert_str_eq(users[0].host, "192.0.2.7");
	ck_assert_uint_eq(users[0].port, 5000);
	ck_assert_str_eq(users[1].name, "bob");
	ck_assert_str_eq(users[1].password, "battery staple");
	ck_assert_str_eq(users[1].host, "2001:db8::7");
	ck_assert_uint_eq(users[1].port, 5001);
	directory_free(&directory);
}
END_TEST

START_TEST(keys_may_come_in_any_order)
{
	listing_accept("[{\"ip\":\"h\",\"port\":1,\"password\":\"p\","
		       "\"username\":\"a\"}]",
	    1);
}
END_TEST

static void
expect_port(const char *spelling, unsigned int port)
{
	const char *json = listing_port(spelling);

	ck_assert_msg(listing_parse(json, strlen(json)) == 0, "%s: %s",
	    spelling, fault.reason);
	ck_assert_uint_eq(directory.users[0].port, port);
	directory_free(&directory);
}

START_TEST(p11_ports_as_numbers_and_as_strings_of_digits)
{
	expect_port("1", 1);
	expect_port("\"1\"", 1);
	expect_port("65535", 65535);
	expect_port("\"65535\"", 65535);
	expect_port("256", 256);
	expect_port("\"10000\"", 10000);
	expect_port("\"00080\"", 80);
}
END_TEST

START_TEST(p11_bad_ports_are_refused)
{
	static const char *const bad[] = {"0", "65536", "-1", "1.5", "1e9",
	    "65535.5", "4294967297", "1e400", "-0", "true", "false", "null",
	    "[]", "[5000]", "{}", "\"\"", "\"0\"", "\"00000\"", "\"65536\"",
	    "\"99999\"", "\"000080\"", "\"100000\"", "\"4294967297\"", "\"-1\"",
	    "\"+1\"", "\"1.5\"", "\"12a\"", "\"a12\"", "\" 12\"", "\"12 \"",
	    "\"0x50\"", "\"1e3\"", "\"http\"", "\"5000,5001\"", "\"\\u0660\""};

	for (size_t i = 0; i < COUNT(bad); i++)
		listing_refuse(listing_port(bad[i]),
		    "the \"port\" of alice is not a number from 1 to 65535");
}
END_TEST

/* All in one report: cJSON accepts some of these as numbers. */
START_TEST(ports_that_are_no_json_are_refused)
{
	static const char *const bad[] = {"05000", "-05000", "5000.", "+5000",
	    "0x1388", "5e", ".5", "5000-", "5,000", "5000.e0", "0500.0e1"};
	char taken[256] = "";

	for (size_t i = 0; i < COUNT(bad); i++) {
		const char *json = listing_port(bad[i]);

		if (listing_parse(json, strlen(json)) == CHAT_EDIRECTORY)
			continue;
		directory_free(&directory);
		strcat(strcat(taken, " "), bad[i]);
	}
	ck_assert_msg(taken[0] == '\0', "taken:%s", taken);
}
END_TEST

START_TEST(p11_names_of_1_and_64_bytes_are_taken)
{
	listing_accept(listing_name("\"a\""), 1);
	listing_accept(listing_name(listing_long('a', 64)), 1);
}
END_TEST

START_TEST(p11_names_of_0_and_65_bytes_are_refused)
{
	listing_refuse(listing_name("\"\""), "\"username\" is not a name");
	listing_refuse(
	    listing_name(listing_long('a', 65)), "\"username\" is not a name");
}
END_TEST

/* Every character up to U+07FF, in the first place and in a later one. */
START_TEST(every_disallowed_character_in_a_name_is_refused)
{
	static const char first[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "abcdefghijklmnopqrstuvwxyz0123456789_";
	char name[32];

	for (int c = 1; c < 0x800; c++)
		for (int place = 0; place < 2; place++) {
			bool good = c < 0x80 &&
			    (strchr(first, c) != NULL ||
				(place == 1 && strchr(".-@+", c) != NULL));

			(void)snprintf(name, sizeof(name), "\"%s\\u%04xb\"",
			    place == 0 ? "" : "a", (unsigned int)c);
			if (good)
				listing_accept(listing_name(name), 1);
			else
				listing_refuse(listing_name(name),
				    "\"username\" is not a name");
		}
}
END_TEST

START_TEST(p11_passwords_of_1_and_256_bytes_are_taken)
{
	listing_accept(listing_password("\"p\""), 1);
	listing_accept(listing_password(listing_long('p', 256)), 1);
}
END_TEST

START_TEST(p11_passwords_of_0_and_257_bytes_are_refused)
{
	listing_refuse(listing_password("\"\""), "the password of alice");
	listing_refuse(
	    listing_password(listing_long('p', 257)), "the password of alice");
}
END_TEST

/* Length is counted in bytes: 128 characters of two bytes fit, 129 do not. */
START_TEST(p11_passwords_are_counted_in_bytes)
{
	char password[300 * 2] = "\"";

	for (int i = 0; i < 128; i++)
		strcat(password, "\xc3\xa9");
	strcat(password, "\"");
	listing_accept(listing_password(password), 1);
	strcpy(password + strlen(password) - 1, "a\"");
	listing_refuse(listing_password(password), "the password of alice");
}
END_TEST

/* As JSON escapes, because they would not be JSON otherwise. */
START_TEST(control_characters_in_a_password_are_refused)
{
	char password[32];

	for (unsigned int c = 1; c < 0x400; c++) {
		(void)snprintf(password, sizeof(password), "\"ab\\u%04xc\"", c);
		if (c < 0x20 || (c >= 0x7f && c <= 0x9f))
			listing_refuse(listing_password(password),
			    "the password of alice");
		else
			listing_accept(listing_password(password), 1);
	}
	listing_refuse(listing_password("\"a\\tb\""), "the password of alice");
	listing_refuse(listing_password("\"a\\n\""), "the password of alice");
}
END_TEST

START_TEST(password_valid_is_the_rule)
{
	static const char longest[LIMIT_PASSWORD + 1] = "";
	char password[LIMIT_PASSWORD + 1];

	memset(password, 'p', sizeof(password));
	ck_assert(!password_valid(password, 0));
	ck_assert(password_valid(password, 1));
	ck_assert(password_valid(password, LIMIT_PASSWORD));
	ck_assert(!password_valid(password, LIMIT_PASSWORD + 1));
	ck_assert(!password_valid(longest, 1)); /* a NUL */
	ck_assert(password_valid("\xf0\x9f\x98\x80", 4));
	ck_assert(!password_valid("\xf0\x9f\x98\x80", 3));
	ck_assert(!password_valid("a\x80", 2));
	ck_assert(!password_valid("\xc2\x9f", 2));
	ck_assert(password_valid("\xc2\xa0", 2));
}
END_TEST

START_TEST(escapes_are_the_characters_they_stand_for)
{
	const char *json = listing_of("\"\\u0061lice\"",
	    "\"\\u00e9\\\"\\\\\\/\\ud83d\\ude00 '}]\"", "5000", "\"h\"");

	ck_assert_int_eq(listing_parse(json, strlen(json)), 0);
	ck_assert_str_eq(directory.users[0].name, "alice");
	ck_assert_str_eq(
	    directory.users[0].password, "\xc3\xa9\"\\/\xf0\x9f\x98\x80 '}]");
	directory_free(&directory);
}
END_TEST

START_TEST(p11_hosts_are_taken)
{
	static const char *const good[] = {"127.0.0.1", "::1", "::2",
	    "2001:db8::7", "fe80::1%eth0", "::ffff:192.0.2.7", "localhost",
	    "alice.example.org", "alice.example.org.", "host_1", "x"};
	char quoted[64];

	for (size_t i = 0; i < COUNT(good); i++) {
		(void)snprintf(quoted, sizeof(quoted), "\"%s\"", good[i]);
		listing_accept(listing_ip(quoted), 1);
	}
	listing_accept(listing_ip(listing_long('h', 63)), 1);
}
END_TEST

START_TEST(p11_bad_hosts_are_refused)
{
	static const char *const bad[] = {"\"\"", "\" \"", "\"a b\"",
	    "\"http://x\"", "\"a/b\"", "\"[::1]\"", "\"a,b\"", "\"a\\tb\"",
	    "\"\xc3\xa9.org\"", "\"a\\nb\"", "\"a;b\"", "\"*\"", "\"$(x)\"",
	    "\"127.0.0.300\"", "\"127.0.0.010\"", "\"127.1\"", "\"2130706433\"",
	    "\"1.2.3.4.5\"", "\"1..2.3\"", "\"1.2.3.\"", "\".1.2.3\"",
	    "\"0.0.0.0\"", "\"::\"", "\"0:0::0\"", "\"::ffff:0.0.0.0\"",
	    "\"256.1.1.1\"", "\"0x7f.0.0.1\"", "\"0x7f000001\"", "\"0X7F\"",
	    "\"host.1\"", "\"2001:db8:\"", "\"1:2:3\"", "\"::g\"",
	    "\"fe80::1\"", "\"2001:db8::1%eth0\"", "\"fe80::1%\"",
	    "\"fe80::1%a/b\"", "\"h%eth0\"", "\"h:5000\"", "\"127.0.0.1:5000\"",
	    "\"[::1]:5000\"", "\"-h\"", "\"h-\"", "\"a..b\"", "\".\""};

	for (size_t i = 0; i < COUNT(bad); i++)
		listing_refuse(listing_ip(bad[i]), "the \"ip\" of alice");
	listing_refuse(listing_ip("\"127.0.0.300\""), "0 to 255");
	listing_refuse(listing_ip("\"h:5000\""), "the port does not belong");
	listing_refuse(listing_ip("\"fe80::1\""), "needs its interface");
	listing_refuse(
	    listing_ip(listing_long('h', 64)), "the \"ip\" of alice");
	listing_refuse(listing_ip(listing_long('h', LIMIT_HOST + 1)),
	    "the \"ip\" of alice");
}
END_TEST

START_TEST(wrong_types_are_refused)
{
	static const char *const bad[] = {"5", "1.5", "true", "false", "null",
	    "[]", "{}", "[\"a\"]", "{\"a\":\"b\"}"};

	for (size_t i = 0; i < COUNT(bad); i++) {
		listing_refuse(
		    listing_name(bad[i]), "\"username\" is not a string");
		listing_refuse(
		    listing_password(bad[i]), "\"password\" is not a string");
		listing_refuse(listing_ip(bad[i]), "\"ip\" is not a string");
	}
}
END_TEST

/* Returns an entry with these members; "" stands for a missing one. */
static const char *
entry_of(
    const char *a, const char *b, const char *c, const char *d, const char *e)
{
	static char json[512];
	const char *const members[] = {a, b, c, d, e};
	const char *comma = "";

	strcpy(json, "[{");
	for (size_t i = 0; i < COUNT(members); i++)
		if (*members[i] != '\0') {
			strcat(json, comma);
			strcat(json, members[i]);
			comma = ",";
		}
	strcat(json, "}]");
	return json;
}

#define USERNAME "\"username\":\"alice\""
#define PASSWORD "\"password\":\"" SECRET "\""
#define PORT "\"port\":5000"
#define IP "\"ip\":\"h\""

START_TEST(missing_keys_are_refused)
{
	listing_accept(entry_of(USERNAME, PASSWORD, PORT, IP, ""), 1);
	listing_refuse(entry_of("", PASSWORD, PORT, IP, ""),
	    "an entry has no \"username\"");
	listing_refuse(entry_of(USERNAME, "", PORT, IP, ""),
	    "an entry has no \"password\"");
	listing_refuse(entry_of(USERNAME, PASSWORD, "", IP, ""),
	    "an entry has no \"port\"");
	listing_refuse(entry_of(USERNAME, PASSWORD, PORT, "", ""),
	    "an entry has no \"ip\"");
	listing_refuse("[{}]", "an entry has no \"username\"");
}
END_TEST

START_TEST(duplicate_keys_are_refused)
{
	listing_refuse(entry_of(USERNAME, PASSWORD, PORT, IP, USERNAME),
	    "an entry has \"username\" twice");
	listing_refuse(entry_of(PASSWORD, USERNAME, PASSWORD, PORT, IP),
	    "an entry has \"password\" twice");
	listing_refuse(entry_of(USERNAME, PASSWORD, PORT, PORT, IP),
	    "an entry has \"port\" twice");
	listing_refuse(entry_of(IP, IP, USERNAME, PASSWORD, PORT),
	    "an entry has \"ip\" twice");
	listing_refuse(entry_of(USERNAME, PASSWORD, PORT, IP,
			   "\"usern\\u0061me\":\"bob\""),
	    "an entry has \"username\" twice");
	listing_refuse(entry_of(USERNAME, PASSWORD, PORT, IP, "\"port\":null"),
	    "an entry has \"port\" twice");
}
END_TEST

START_TEST(unknown_keys_are_ignored)
{
	static const char *const more[] = {"\"comment\":\"\"", "\"x\":null",
	    "\"x\":[1,2,{\"username\":\"bob\",\"ip\":5}]",
	    "\"x\":{\"y\":{\"z\":\"}]\"}}", "\"Username\":\"bob\"",
	    "\"PASSWORD\":1", "\"user\":\"bob\"", "\"\":0",
	    "\"x\":\"it's {[\\\"\"", "\"x\":-1.5e-7"};

	for (size_t i = 0; i < COUNT(more); i++) {
		listing_accept(
		    entry_of(USERNAME, PASSWORD, PORT, IP, more[i]), 1);
		listing_accept(
		    entry_of(more[i], USERNAME, PASSWORD, PORT, IP), 1);
	}
}
END_TEST

/* cJSON ignores case, where it would matter most. */
START_TEST(keys_in_another_case_are_other_keys)
{
	listing_refuse(
	    entry_of("\"Username\":\"alice\"", PASSWORD, PORT, IP, ""),
	    "an entry has no \"username\"");
	listing_refuse(entry_of(USERNAME, "\"passWord\":\"p\"", PORT, IP, ""),
	    "an entry has no \"password\"");
}
END_TEST

START_TEST(duplicate_users_are_refused)
{
	listing_refuse_at(
	    "[" ALICE ",\n" BOB ",\n" ALICE "]", 3, "alice is listed twice");
	listing_refuse_at(
	    "[" ALICE ",\n" ALICE "]", 2, "alice is listed twice");
	listing_accept("[" ALICE ",{\"username\":\"Alice\",\"password\":\"p\","
		       "\"port\":1,\"ip\":\"h\"}]",
	    2);
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = {
	    an_entry_says_what_it_says,
	    keys_may_come_in_any_order,
	    p11_ports_as_numbers_and_as_strings_of_digits,
	    p11_bad_ports_are_refused,
	    ports_that_are_no_json_are_refused,
	    p11_names_of_1_and_64_bytes_are_taken,
	    p11_names_of_0_and_65_bytes_are_refused,
	    every_disallowed_character_in_a_name_is_refused,
	    p11_passwords_of_1_and_256_bytes_are_taken,
	    p11_passwords_of_0_and_257_bytes_are_refused,
	    p11_passwords_are_counted_in_bytes,
	    control_characters_in_a_password_are_refused,
	    password_valid_is_the_rule,
	    escapes_are_the_characters_they_stand_for,
	    p11_hosts_are_taken,
	    p11_bad_hosts_are_refused,
	    wrong_types_are_refused,
	    missing_keys_are_refused,
	    duplicate_keys_are_refused,
	    unknown_keys_are_ignored,
	    keys_in_another_case_are_other_keys,
	    duplicate_users_are_refused,
	};

	return unit_run(
	    &(struct unit){"directory", tests, COUNT(tests), NULL, NULL});
}
