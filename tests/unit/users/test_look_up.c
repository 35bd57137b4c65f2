/* directory_look_up(): some names of a directory. */
#include "common/base/limits.h"
#include "tests/unit/listing.h"

#define CAROL \
	"{\"username\":\"carol\",\"password\":\"p\",\"port\":1,\"ip\":\"h\"}"

static void
teardown(void)
{
	directory_free(&directory);
}

/* Looks names up in a list. */
static int
look_up(const char *json, const char *const names[], size_t count)
{
	int fd = listing_file(json, strlen(json), 0600, 0);
	int error;

	directory_free(&directory);
	memset(&directory, 0xff, sizeof(directory));
	error = directory_look_up(fd, names, count, &directory, &fault);
	ck_assert_int_eq(close(fd), 0);
	return error;
}

START_TEST(who_is_asked_for_is_kept_and_nobody_else)
{
	static const char *const names[] = {"bob", "nobody", "carol"};
	const struct user *bob;

	ck_assert_int_eq(
	    look_up("[" ALICE "," BOB "," CAROL "]", names, COUNT(names)), 0);
	ck_assert_uint_eq(directory.count, 2);
	bob = directory_find(&directory, "bob");
	ck_assert_ptr_eq(bob, &directory.users[0]);
	ck_assert_str_eq(bob->password, "battery staple");
	ck_assert_str_eq(bob->host, "2001:db8::7");
	ck_assert_uint_eq(bob->port, 5001);
	ck_assert_ptr_eq(
	    directory_find(&directory, "carol"), &directory.users[1]);
	ck_assert_ptr_null(directory_find(&directory, "alice"));
	ck_assert_ptr_null(directory_find(&directory, "nobody"));
	/* Nothing of alice is kept, neither her name nor her password. */
	ck_assert_ptr_null(memmem(
	    directory.strings, directory.strings_size, SECRET, strlen(SECRET)));
}
END_TEST

START_TEST(a_name_may_be_asked_for_twice)
{
	static const char *const names[] = {"bob", "bob"};

	ck_assert_int_eq(look_up("[" BOB "]", names, COUNT(names)), 0);
	ck_assert_uint_eq(directory.count, 1);
}
END_TEST

START_TEST(a_piece_of_a_name_is_another_name)
{
	static const char *const names[] = {"bo", "bobby", "Bob", ""};

	ck_assert_int_eq(look_up("[" BOB "]", names, COUNT(names)), 0);
	ck_assert_uint_eq(directory.count, 0);
}
END_TEST

START_TEST(nobody_is_in_an_empty_list)
{
	static const char *const names[] = {"bob"};

	ck_assert_int_eq(look_up("[]", names, COUNT(names)), 0);
	ck_assert_ptr_null(directory_find(&directory, "bob"));
}
END_TEST

/* An entry with escapes, which cJSON has to decode. */
START_TEST(who_is_not_spelled_plainly_is_kept_too)
{
	static const char *const names[] = {"bob"};
	const char *list =
	    "[" ALICE ",{\"comment\":1,\"username\":\"\\u0062ob\","
	    "\"password\":\"\\u00e9\",\"port\":2,\"ip\":\"h\"}]";

	ck_assert_int_eq(look_up(list, names, 1), 0);
	ck_assert_str_eq(
	    directory_find(&directory, "bob")->password, "\xc3\xa9");
}
END_TEST

START_TEST(p11_the_whole_file_is_checked)
{
	static const char *const names[] = {"bob"};
	static const char *const lists[] = {"[" BOB ",\n{}]",
	    "[" BOB "\n," ALICE "] x", "[" BOB ",\n" ALICE,
	    "[" BOB ",\n{\"username\":\"\\u0062\"}]"};
	static const struct directory empty;

	for (size_t i = 0; i < COUNT(lists); i++) {
		ck_assert_int_eq(look_up(lists[i], names, 1), CHAT_EDIRECTORY);
		listing_check_fault(lists[i]);
		ck_assert_uint_eq(fault.line, 2);
		ck_assert_mem_eq(&directory, &empty, sizeof(empty));
	}
}
END_TEST

START_TEST(twice_is_a_fault_of_those_who_are_asked_for)
{
	static const char *const names[] = {"alice", "bob"};
	const char *list = "[" CAROL "," ALICE ",\n" CAROL ",\n" BOB "]";

	ck_assert_int_eq(look_up(list, names, 2), 0);
	ck_assert_uint_eq(directory.count, 2);
	list = "[" CAROL "," BOB ",\n" ALICE ",\n" BOB "]";
	ck_assert_int_eq(look_up(list, names, 1), 0);
	ck_assert_int_eq(look_up(list, names, 2), CHAT_EDIRECTORY);
	ck_assert_uint_eq(fault.line, 3);
	ck_assert_str_eq(fault.reason, "bob is listed twice");
}
END_TEST

/*
 * The buffer is computed from the limits: it is enough, even with a duplicate.
 */
START_TEST(p11_the_longest_entries_have_room)
{
	char name[LIMIT_NAME + 1], password[LIMIT_PASSWORD + 1];
	char host[LIMIT_HOST + 1], list[4096];
	const char *const names[] = {name};

	memset(name, 'n', LIMIT_NAME);
	memset(password, 'p', LIMIT_PASSWORD);
	memset(host, 'h', LIMIT_HOST);
	for (size_t dot = 63; dot < LIMIT_HOST; dot += 64)
		host[dot] = '.'; /* a label has at most 63 bytes */
	name[LIMIT_NAME] = password[LIMIT_PASSWORD] = host[LIMIT_HOST] = '\0';
	for (int doubled = 0; doubled <= 1; doubled++) {
		char entry[1024];

		(void)snprintf(entry, sizeof(entry),
		    "{\"username\":\"%s\",\"password\":\"%s\",\"port\":1,"
		    "\"ip\":\"%s\"}",
		    name, password, host);
		(void)snprintf(list, sizeof(list), doubled ? "[%s,%s]" : "[%s]",
		    entry, entry);
		ck_assert_int_eq(look_up(list, names, 1),
		    doubled ? CHAT_EDIRECTORY : CHAT_OK);
		if (!doubled)
			ck_assert_str_eq(
			    directory_find(&directory, name)->host, host);
	}
}
END_TEST

START_TEST(what_others_may_read_is_exposed)
{
	static const char *const names[] = {"bob"};
	int fd = listing_file("[" BOB "]", strlen("[" BOB "]"), 0644, 0);

	ck_assert_int_eq(
	    directory_look_up(fd, names, 1, &directory, &fault), 0);
	ck_assert_int_eq(close(fd), 0);
	ck_assert(directory.weakness.exposed);
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = {
	    who_is_asked_for_is_kept_and_nobody_else,
	    a_name_may_be_asked_for_twice,
	    a_piece_of_a_name_is_another_name,
	    nobody_is_in_an_empty_list,
	    who_is_not_spelled_plainly_is_kept_too,
	    p11_the_whole_file_is_checked,
	    twice_is_a_fault_of_those_who_are_asked_for,
	    p11_the_longest_entries_have_room,
	    what_others_may_read_is_exposed,
	};

	return unit_run(
	    &(struct unit){"look_up", tests, COUNT(tests), NULL, teardown});
}
