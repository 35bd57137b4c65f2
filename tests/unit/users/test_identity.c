/* Who we are, where the directory is, and which passwords a connection has. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <pwd.h>
#include <unistd.h>

#include "common/base/name.h"
#include "common/users/identity.h"
#include "tests/unit/listing.h"

static char name[LIMIT_NAME + 1];
static char path[4096];
static const char *bad;
static struct passwords passwords;

/* The test may change the environment: libcheck runs it in its own process. */
static void
setup(void)
{
	ck_assert_int_eq(unsetenv("CHAT_USER"), 0);
	ck_assert_int_eq(unsetenv("CHAT_DIRECTORY"), 0);
	ck_assert_int_eq(unsetenv("XDG_CONFIG_HOME"), 0);
	ck_assert_int_eq(unsetenv("HOME"), 0);
	strcpy(name, "unchanged");
	strcpy(path, "unchanged");
}

static void
teardown(void)
{
	directory_free(&directory);
}

static void
set(const char *variable, const char *value)
{
	ck_assert_int_eq(setenv(variable, value, 1), 0);
}

START_TEST(the_option_is_who_we_are)
{
	set("CHAT_USER", "bob");
	ck_assert_int_eq(identity_given("alice", name, &bad), 0);
	ck_assert_str_eq(name, "alice");
}
END_TEST

START_TEST(without_an_option_the_environment_says_who_we_are)
{
	set("CHAT_USER", "bob");
	ck_assert_int_eq(identity_given(NULL, name, &bad), 0);
	ck_assert_str_eq(name, "bob");
}
END_TEST

START_TEST(when_neither_says_it_the_name_is_empty)
{
	ck_assert_int_eq(identity_given(NULL, name, &bad), 0);
	ck_assert_str_eq(name, "");
	strcpy(name, "unchanged");
	set("CHAT_USER", "");
	ck_assert_int_eq(identity_given(NULL, name, &bad), 0);
	ck_assert_str_eq(name, "");
}
END_TEST

/* An option is used even if it is invalid; then the environment is not. */
START_TEST(a_bad_option_is_named)
{
	static const char *const names[] = {
	    "", "-alice", "a b", ".x", "\xc3\xa9", "a/b", "a\nb"};

	set("CHAT_USER", "bob");
	for (size_t i = 0; i < COUNT(names); i++) {
		strcpy(name, "unchanged");
		ck_assert_int_eq(
		    identity_given(names[i], name, &bad), CHAT_EMALFORMED);
		ck_assert_str_eq(bad, names[i]);
		ck_assert_str_ne(name, "bob");
	}
}
END_TEST

START_TEST(a_bad_environment_is_named)
{
	set("CHAT_USER", "a b");
	ck_assert_int_eq(identity_given(NULL, name, &bad), CHAT_EMALFORMED);
	ck_assert_str_eq(bad, "a b");
}
END_TEST

START_TEST(p11_a_given_name_has_at_most_64_bytes)
{
	char longest[LIMIT_NAME + 2];

	memset(longest, 'a', sizeof(longest));
	longest[LIMIT_NAME] = '\0';
	ck_assert_int_eq(identity_given(longest, name, &bad), 0);
	ck_assert_str_eq(name, longest);
	longest[LIMIT_NAME] = 'a';
	longest[LIMIT_NAME + 1] = '\0';
	ck_assert_int_eq(identity_given(longest, name, &bad), CHAT_EMALFORMED);
	set("CHAT_USER", longest);
	ck_assert_int_eq(identity_given(NULL, name, &bad), CHAT_EMALFORMED);
}
END_TEST

START_TEST(the_login_name_is_that_of_the_uid)
{
	const struct passwd *pw;
	int error;

	set("LOGNAME", "mallory");
	set("USER", "mallory");
	error = identity_login(name);
	pw = getpwuid(getuid());
	if (pw != NULL && name_valid(pw->pw_name, strlen(pw->pw_name))) {
		ck_assert_int_eq(error, 0);
		ck_assert_str_eq(name, pw->pw_name);
	} else {
		ck_assert_int_eq(error, CHAT_EMALFORMED);
	}
}
END_TEST

START_TEST(the_directory_is_where_the_first_of_four_says)
{
	ck_assert_int_eq(
	    identity_directory(NULL, path, sizeof(path)), CHAT_EDIRECTORY);
	set("HOME", "/home/alice");
	ck_assert_int_eq(identity_directory(NULL, path, sizeof(path)), 0);
	ck_assert_str_eq(path, "/home/alice/.config/chat/users.json");
	set("XDG_CONFIG_HOME", "/etc/alice");
	ck_assert_int_eq(identity_directory(NULL, path, sizeof(path)), 0);
	ck_assert_str_eq(path, "/etc/alice/chat/users.json");
	set("CHAT_DIRECTORY", "/srv/users.json");
	ck_assert_int_eq(identity_directory(NULL, path, sizeof(path)), 0);
	ck_assert_str_eq(path, "/srv/users.json");
	ck_assert_int_eq(
	    identity_directory("mine.json", path, sizeof(path)), 0);
	ck_assert_str_eq(path, "mine.json");
}
END_TEST

START_TEST(empty_variables_say_nothing)
{
	set("CHAT_DIRECTORY", "");
	set("XDG_CONFIG_HOME", "");
	set("HOME", "");
	ck_assert_int_eq(
	    identity_directory(NULL, path, sizeof(path)), CHAT_EDIRECTORY);
	set("HOME", "/h");
	ck_assert_int_eq(identity_directory(NULL, path, sizeof(path)), 0);
	ck_assert_str_eq(path, "/h/.config/chat/users.json");
}
END_TEST

/*
 * Each way to find the path, with a buffer one byte too small, and just enough.
 */
START_TEST(p11_a_path_without_room_is_refused)
{
	static const struct {
		const char *variable, *value, *path;
	} ways[] = {
	    {"HOME", "/h", "/h/.config/chat/users.json"},
	    {"XDG_CONFIG_HOME", "/x", "/x/chat/users.json"},
	    {"CHAT_DIRECTORY", "/d/users.json", "/d/users.json"},
	};
	size_t len;

	for (size_t i = 0; i < COUNT(ways); i++) {
		set(ways[i].variable, ways[i].value);
		len = strlen(ways[i].path);
		ck_assert_int_eq(
		    identity_directory(NULL, path, len), CHAT_ETOOLONG);
		ck_assert_int_eq(identity_directory(NULL, path, len + 1), 0);
		ck_assert_str_eq(path, ways[i].path);
	}
	ck_assert_int_eq(identity_directory("mine", path, 4), CHAT_ETOOLONG);
	ck_assert_int_eq(identity_directory("mine", path, 5), 0);
}
END_TEST

/* Reads a directory for identity_at() and identity_passwords(). */
static void
read_list(const char *list)
{
	directory_free(&directory);
	ck_assert_msg(listing_parse(list, strlen(list)) == 0, "%s: %s", list,
	    fault.reason);
}

#define ENTRY(name, port, ip)                                \
	"{\"username\":\"" name "\",\"password\":\"pw(" name \
	")\",\"port\":" #port ",\"ip\":\"" ip "\"}"

/* The same with a chosen password. */
#define OTHER(name, password)                                 \
	"{\"username\":\"" name "\",\"password\":\"" password \
	"\",\"port\":1,\"ip\":\"h\"}"

/* Returns the addresses that this host has in the test. */
static const struct addresses *
here(void)
{
	static const char *const texts[] = {
	    "127.0.0.1", "192.0.2.7", "::1", "2001:db8::7"};
	static struct addresses addresses;

	addresses.count = COUNT(texts);
	for (size_t i = 0; i < COUNT(texts); i++) {
		struct sockaddr_in *in = (void *)&addresses.list[i];
		struct sockaddr_in6 *in6 = (void *)&addresses.list[i];

		if (inet_pton(AF_INET, texts[i], &in->sin_addr) == 1) {
			in->sin_family = AF_INET;
			continue;
		}
		ck_assert_int_eq(
		    inet_pton(AF_INET6, texts[i], &in6->sin6_addr), 1);
		in6->sin6_family = AF_INET6;
	}
	return &addresses;
}

/* Returns who is at a port of this host; "" if nobody. */
static const char *
at(uint16_t port)
{
	const char *others[2];

	strcpy(name, "unchanged");
	ck_assert_int_eq(
	    identity_at(&directory, port, here(), name, others), 0);
	return name;
}

START_TEST(who_is_at_a_port_of_this_host)
{
	read_list("[" ENTRY("a", 1, "127.0.0.1") "," ENTRY(
	    "b", 2, "192.0.2.7") "," ENTRY("c", 3, "::1") "," ENTRY("d", 4,
	    "2001:db8:0:0::7") "," ENTRY("e", 5, "localhost") "]");
	ck_assert_str_eq(at(1), "a");
	ck_assert_str_eq(at(2), "b");
	ck_assert_str_eq(at(3), "c");
	ck_assert_str_eq(at(4), "d");
	ck_assert_str_eq(at(5), "e");
	ck_assert_str_eq(at(6), "");
}
END_TEST

START_TEST(nobody_of_another_host_is_here)
{
	read_list("[" ENTRY("a", 1, "127.0.0.2") "," ENTRY(
	    "b", 1, "192.0.2.8") "," ENTRY("c", 1, "2001:db8::8") "," ENTRY("d",
	    1, "alice.example.org") "," ENTRY("e", 1,
	    "localhost.example.org") "," ENTRY("g", 1, "0.0.0.1") "," ENTRY("h",
	    1, "7f00:1::") "]");
	ck_assert_str_eq(at(1), "");
}
END_TEST

START_TEST(two_of_this_host_at_a_port_are_ambiguous)
{
	const char *others[2] = {NULL, NULL};

	read_list("[" ENTRY("x", 7, "192.0.2.8") "," ENTRY(
	    "a", 7, "127.0.0.1") "," ENTRY("y", 8, "127.0.0.1") "," ENTRY("b",
	    7, "localhost") "," ENTRY("c", 7, "::1") "]");
	ck_assert_int_eq(
	    identity_at(&directory, 7, here(), name, others), CHAT_EAMBIGUOUS);
	ck_assert_str_eq(others[0], "a");
	ck_assert_str_eq(others[1], "b");
	ck_assert_str_eq(at(8), "y");
}
END_TEST

START_TEST(without_addresses_only_localhost_is_here)
{
	static const struct addresses none;
	const char *others[2];

	read_list(
	    "[" ENTRY("a", 1, "127.0.0.1") "," ENTRY("b", 1, "localhost") "]");
	ck_assert_int_eq(identity_at(&directory, 1, &none, name, others), 0);
	ck_assert_str_eq(name, "b");
}
END_TEST

/* Returns who else is at port 7, where "me" listens; "" if nobody. */
static const char *
other(const char *list)
{
	const struct user *user;

	read_list(list);
	user = identity_other_at(&directory, 7, here(), "me");
	return user == NULL ? "" : user->name;
}

START_TEST(somebody_else_is_where_we_are_not)
{
	ck_assert_str_eq(other("[" ENTRY("me", 8, "127.0.0.1") "," ENTRY(
			     "a", 7, "127.0.0.1") "]"),
	    "a");
	ck_assert_str_eq(other("[" ENTRY("a", 7, "::1") "]"), "a");
	ck_assert_str_eq(other("[" ENTRY("a", 7, "localhost") "," ENTRY(
			     "me", 7, "192.0.2.8") "]"),
	    "a");
	ck_assert_str_eq(other("[" ENTRY("a", 7, "192.0.2.8") "," ENTRY("b", 7,
			     "2001:db8::7") "," ENTRY("me", 8, "h") "]"),
	    "b");
}
END_TEST

START_TEST(nobody_else_is_where_we_are_or_may_be)
{
	static const char *const lists[] = {
	    "[]",
	    "[" ENTRY("me", 8, "127.0.0.1") "]",
	    "[" ENTRY("me", 7, "127.0.0.1") "," ENTRY("a", 7, "127.0.0.1") "]",
	    "[" ENTRY("a", 7, "127.0.0.1") "," ENTRY("me", 7, "localhost") "]",
	    "[" ENTRY("a", 7, "127.0.0.1") "," ENTRY("me", 7, "127.0.0.9") "]",
	    "[" ENTRY("a", 7, "127.0.0.1") "," ENTRY("me", 7, "host") "]",
	    "[" ENTRY("a", 7, "::1") "," ENTRY("me", 7, "fe80::1%lo") "]",
	    "[" ENTRY("me", 8, "127.0.0.1") "," ENTRY("a", 9, "127.0.0.1") "]",
	    "[" ENTRY("me", 8, "127.0.0.1") "," ENTRY("a", 7, "192.0.2.8") "]",
	    "[" ENTRY("me", 8, "127.0.0.1") "," ENTRY("a", 7, "host") "]",
	};

	for (size_t i = 0; i < COUNT(lists); i++)
		ck_assert_str_eq(other(lists[i]), "");
}
END_TEST

/* A socket bound to one address accepts no connections to another. */
START_TEST(nobody_is_where_no_connection_is_taken)
{
	struct addresses one = {.count = 1, .list = {here()->list[1]}};

	read_list("[" ENTRY("a", 7, "localhost") "," ENTRY(
	    "b", 7, "127.0.0.1") "," ENTRY("me", 8, "127.0.0.1") "]");
	ck_assert_ptr_null(identity_other_at(&directory, 7, &one, "me"));
	one.count = 0;
	ck_assert_ptr_null(identity_other_at(&directory, 7, &one, "me"));
}
END_TEST

/* A socket of this host can be bound to each of them. */
START_TEST(the_addresses_of_this_host_can_be_bound)
{
	static struct addresses addresses;

	addresses.count = 9999;
	ck_assert_int_eq(identity_addresses(&addresses), 0);
	ck_assert_uint_le(addresses.count, COUNT(addresses.list));
	for (size_t i = 0; i < addresses.count; i++) {
		const struct sockaddr *sa = (const void *)&addresses.list[i];
		int fd;

		ck_assert(
		    sa->sa_family == AF_INET || sa->sa_family == AF_INET6);
		if (sa->sa_family != AF_INET)
			continue; /* a new IPv6 address is not usable at once */
		fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
		ck_assert_int_ge(fd, 0);
		ck_assert_int_eq(bind(fd, sa, sizeof(struct sockaddr_in)), 0);
		ck_assert_int_eq(close(fd), 0);
	}
}
END_TEST

static void
expect_passwords(const char *from, const char *to, const char *password_from,
    const char *password_to)
{
	memset(&passwords, 0xff, sizeof(passwords));
	identity_passwords(&directory, from, to, &passwords);
	if (password_from == NULL)
		ck_assert_ptr_null(passwords.from);
	else
		ck_assert_str_eq(passwords.from, password_from);
	if (password_to == NULL)
		ck_assert_ptr_null(passwords.to);
	else
		ck_assert_str_eq(passwords.to, password_to);
	ck_assert_int_eq(
	    passwords.from_has_entry, directory_find(&directory, from) != NULL);
	ck_assert_int_eq(
	    passwords.to_has_entry, directory_find(&directory, to) != NULL);
}

/* A shared file: both passwords are needed. */
START_TEST(two_listed_names_have_a_password_each)
{
	read_list("[" ENTRY("a", 1, "h") "," ENTRY("b", 2, "h") "]");
	expect_passwords("a", "b", "pw(a)", "pw(b)");
	expect_passwords("b", "a", "pw(b)", "pw(a)");
	expect_passwords("a", "a", "pw(a)", "pw(a)");
}
END_TEST

/* Personal files: each side lists only the other. */
START_TEST(a_name_without_an_entry_borrows_the_others_password)
{
	read_list("[" ENTRY("a", 1, "h") "]");
	expect_passwords("b", "a", "pw(a)", "pw(a)");
	expect_passwords("a", "b", "pw(a)", "pw(a)");
}
END_TEST

START_TEST(two_names_without_an_entry_have_no_password)
{
	read_list("[" ENTRY("a", 1, "h") "]");
	expect_passwords("b", "c", NULL, NULL);
	expect_passwords("b", "b", NULL, NULL);
	expect_passwords("A", "", NULL, NULL);
	read_list("[]");
	expect_passwords("a", "b", NULL, NULL);
}
END_TEST

static bool
is_listed(const char *from, const char *to)
{
	identity_passwords(&directory, from, to, &passwords);
	return passwords.listed;
}

/* A sender is listed if only they could have made the proof. */
START_TEST(p07_a_password_of_ones_own_makes_listed)
{
	read_list("[" ENTRY("a", 1, "h") "," ENTRY("b", 2, "h") "]");
	ck_assert(is_listed("a", "b"));
	ck_assert(is_listed("b", "a"));
	ck_assert(is_listed("a", "c")); /* a personal file: c has no entry */
	ck_assert(!is_listed("c", "a"));
	ck_assert(!is_listed("c", "d"));
}
END_TEST

START_TEST(p07_the_recipients_own_name_is_not_listed)
{
	read_list("[" ENTRY("a", 1, "h") "," ENTRY("b", 2, "h") "]");
	ck_assert(!is_listed("a", "a"));
	ck_assert(!is_listed("b", "b"));
	ck_assert(!is_listed("c", "c"));
}
END_TEST

START_TEST(p07_a_password_that_others_have_does_not_make_listed)
{
	read_list("[" OTHER("a", "same") "," OTHER("b", "same") "," OTHER(
	    "c", "own") "," OTHER("d", "same") "]");
	ck_assert(!is_listed("a", "b")); /* that of the recipient */
	ck_assert(!is_listed("a", "c")); /* that of another sender */
	ck_assert(!is_listed("d", "c"));
	ck_assert(!is_listed("d", "x"));
	ck_assert(is_listed("c", "a"));
	ck_assert(is_listed("c", "x"));
}
END_TEST

START_TEST(passwords_belong_to_the_directory)
{
	read_list("[" ENTRY("a", 1, "h") "," ENTRY("b", 2, "h") "]");
	identity_passwords(&directory, "a", "b", &passwords);
	ck_assert_ptr_eq(passwords.from, directory.users[0].password);
	ck_assert_ptr_eq(passwords.to, directory.users[1].password);
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = {
	    the_option_is_who_we_are,
	    without_an_option_the_environment_says_who_we_are,
	    when_neither_says_it_the_name_is_empty,
	    a_bad_option_is_named,
	    a_bad_environment_is_named,
	    p11_a_given_name_has_at_most_64_bytes,
	    the_login_name_is_that_of_the_uid,
	    the_directory_is_where_the_first_of_four_says,
	    empty_variables_say_nothing,
	    p11_a_path_without_room_is_refused,
	    who_is_at_a_port_of_this_host,
	    nobody_of_another_host_is_here,
	    two_of_this_host_at_a_port_are_ambiguous,
	    without_addresses_only_localhost_is_here,
	    somebody_else_is_where_we_are_not,
	    nobody_else_is_where_we_are_or_may_be,
	    nobody_is_where_no_connection_is_taken,
	    the_addresses_of_this_host_can_be_bound,
	    two_listed_names_have_a_password_each,
	    a_name_without_an_entry_borrows_the_others_password,
	    two_names_without_an_entry_have_no_password,
	    p07_a_password_of_ones_own_makes_listed,
	    p07_the_recipients_own_name_is_not_listed,
	    p07_a_password_that_others_have_does_not_make_listed,
	    passwords_belong_to_the_directory,
	};

	return unit_run(
	    &(struct unit){"identity", tests, COUNT(tests), setup, teardown});
}
