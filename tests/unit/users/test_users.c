/* The user directory in use: reading, finding, weaknesses, wiping. */
#include <openssl/crypto.h>

#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/base/wipe.h"
#include "tests/unit/listing.h"

#define MANY 10000
#define LINE_MAX_SIZE 128 /* of an entry of many() */

static char *json; /* of many(), freed by teardown() */

static void
teardown(void)
{
	directory_free(&directory);
	free(json);
}

/*
 * Makes a list of count users, one a line; user i has the password of user
 * twin.
 */
static size_t
many(size_t count, size_t i, size_t twin)
{
	size_t len = 0;

	free(json);
	json = malloc(count * LINE_MAX_SIZE + 3);
	ck_assert_ptr_nonnull(json);
	json[len++] = '[';
	for (size_t u = 0; u < count; u++)
		len += (size_t)snprintf(json + len, LINE_MAX_SIZE,
		    "%s{\"username\":\"user%zu\",\"password\":\"password of "
		    "%zu\",\"port\":%zu,\"ip\":\"host%zu\"}",
		    u == 0 ? "" : ",\n", u, u == i ? twin : u, 1 + u % 65535,
		    u);
	json[len++] = ']';
	json[len] = '\0';
	return len;
}

static void
expect_user(size_t u)
{
	char name[40], password[40], host[40];
	const struct user *user;

	(void)snprintf(name, sizeof(name), "user%zu", u);
	(void)snprintf(password, sizeof(password), "password of %zu", u);
	(void)snprintf(host, sizeof(host), "host%zu", u);
	user = directory_find(&directory, name);
	ck_assert_ptr_eq(user, &directory.users[u]);
	ck_assert_str_eq(user->name, name);
	ck_assert_str_eq(user->password, password);
	ck_assert_str_eq(user->host, host);
	ck_assert_uint_eq(user->port, 1 + u % 65535);
}

START_TEST(ten_thousand_users_are_found)
{
	size_t len = many(MANY, MANY, 0);

	ck_assert_int_eq(listing_parse(json, len), 0);
	ck_assert_uint_eq(directory.count, MANY);
	for (size_t u = 0; u < MANY; u++)
		expect_user(u);
	ck_assert_ptr_null(directory_find(&directory, "user10000"));
	ck_assert_ptr_null(directory_find(&directory, "user"));
	ck_assert_ptr_null(directory_find(&directory, "User1"));
	ck_assert_ptr_null(directory_find(&directory, ""));
}
END_TEST

/* The hash table grows at powers of two: all users are still found. */
START_TEST(every_number_of_users_is_found)
{
	for (size_t count = 0; count < 140; count++) {
		size_t len = many(count, count, 0);

		ck_assert_int_eq(listing_parse(json, len), 0);
		ck_assert_uint_eq(directory.count, count);
		for (size_t u = 0; u < count; u++)
			expect_user(u);
		ck_assert_ptr_null(directory_find(&directory, "nobody"));
		directory_free(&directory);
	}
}
END_TEST

START_TEST(a_duplicate_of_ten_thousand_is_seen)
{
	static const char *const names[] = {"user0", "user5000", "user9999"};
	size_t len = many(MANY, MANY, 0);

	for (size_t i = 0; i < COUNT(names); i++) {
		(void)snprintf(json + len - 1, LINE_MAX_SIZE,
		    ",\n{\"username\":\"%s\",\"password\":\"p\",\"port\":1,"
		    "\"ip\":\"h\"}]",
		    names[i]);
		ck_assert_int_eq(
		    listing_parse(json, strlen(json)), CHAT_EDIRECTORY);
		ck_assert_uint_eq(fault.line, MANY + 1);
		ck_assert_ptr_nonnull(strstr(fault.reason, names[i]));
	}
}
END_TEST

START_TEST(names_are_found_as_they_are_spelled)
{
	const char *list = "[" ALICE "," BOB "]";

	ck_assert_int_eq(listing_parse(list, strlen(list)), 0);
	ck_assert_str_eq(directory_find(&directory, "bob")->name, "bob");
	ck_assert_ptr_null(directory_find(&directory, "Bob"));
	ck_assert_ptr_null(directory_find(&directory, "bo"));
	ck_assert_ptr_null(directory_find(&directory, "bobby"));
	ck_assert_ptr_null(directory_find(&directory, ""));
}
END_TEST

START_TEST(nobody_is_found_in_an_empty_list)
{
	ck_assert_int_eq(listing_parse("[]", 2), 0);
	ck_assert_ptr_null(directory_find(&directory, "alice"));
}
END_TEST

/* "After an error the directory is empty": nobody is found in it. */
START_TEST(nobody_is_found_after_a_failure)
{
	ck_assert_int_eq(
	    listing_parse("[" ALICE, strlen("[" ALICE)), CHAT_EDIRECTORY);
	ck_assert_ptr_null(directory_find(&directory, "alice"));
}
END_TEST

START_TEST(an_emptied_directory_has_no_weakness)
{
	struct weakness weakness;

	ck_assert_int_eq(listing_parse("[", 1), CHAT_EDIRECTORY);
	weakness = directory.weakness;
	ck_assert_uint_eq(weakness.short_count, 0);
	ck_assert_ptr_null(weakness.same_password[0]);
}
END_TEST

START_TEST(a_directory_may_be_freed_twice)
{
	static const struct directory empty;

	ck_assert_int_eq(
	    listing_parse("[" ALICE "]", strlen("[" ALICE "]")), 0);
	directory_free(&directory);
	directory_free(&directory);
	ck_assert_mem_eq(&directory, &empty, sizeof(empty));
}
END_TEST

/*
 * Returns the weakness of a list of a, b, ... with these
 * passwords.
 */
static struct weakness
weakness_of(const char *const *passwords, size_t count)
{
	char list[1024] = "[", entry[256];

	for (size_t i = 0; i < count; i++) {
		(void)snprintf(entry, sizeof(entry),
		    "%s{\"username\":\"%c\",\"password\":\"%s\",\"port\":1,"
		    "\"ip\":\"h\"}",
		    i == 0 ? "" : ",", 'a' + (int)i, passwords[i]);
		strcat(list, entry);
	}
	strcat(list, "]");
	directory_free(&directory);
	ck_assert_int_eq(listing_parse(list, strlen(list)), 0);
	return directory.weakness;
}

START_TEST(p11_a_password_under_12_bytes_is_weak)
{
	static const char *const passwords[] = {"twelve bytes", "thirteen byte",
	    "eleven byte", "1", "\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9 "};
	struct weakness weakness = weakness_of(passwords, 2);

	ck_assert_uint_eq(weakness.short_count, 0);
	ck_assert_ptr_null(weakness.short_password);
	weakness = weakness_of(passwords, COUNT(passwords));
	ck_assert_uint_eq(weakness.short_count, 3);
	ck_assert_str_eq(weakness.short_password, "c");
	ck_assert_ptr_null(weakness.same_password[0]);
}
END_TEST

START_TEST(two_with_one_password_are_weak)
{
	static const char *const passwords[] = {"first password",
	    "second password", "third password", "Second password",
	    "second password", "first password"};
	struct weakness weakness = weakness_of(passwords, 4);

	ck_assert_ptr_null(weakness.same_password[0]);
	ck_assert_ptr_null(weakness.same_password[1]);
	weakness = weakness_of(passwords, COUNT(passwords));
	ck_assert_str_eq(weakness.same_password[0], "b");
	ck_assert_str_eq(weakness.same_password[1], "e");
}
END_TEST

/* All who share a password are marked, and nobody else. */
START_TEST(p07_all_who_have_a_password_of_others_are_marked)
{
	static const char *const passwords[] = {"first password",
	    "second password", "third password", "Second password",
	    "second password", "first password", "fourth password",
	    "first password"};
	static const bool shared[] = {
	    true, true, false, false, true, true, false, true};

	(void)weakness_of(passwords, COUNT(passwords));
	for (size_t i = 0; i < COUNT(passwords); i++)
		ck_assert_int_eq(directory.users[i].shared, shared[i]);
	(void)weakness_of(passwords, 4);
	for (size_t i = 0; i < 4; i++)
		ck_assert(!directory.users[i].shared);
}
END_TEST

START_TEST(two_of_ten_thousand_with_one_password_are_seen)
{
	struct weakness weakness;
	size_t len = many(MANY, MANY - 1, 0);

	ck_assert_int_eq(listing_parse(json, len), 0);
	weakness = directory.weakness;
	ck_assert_str_eq(weakness.same_password[0], "user0");
	ck_assert_str_eq(weakness.same_password[1], "user9999");
	for (size_t u = 0; u < MANY; u++)
		ck_assert_int_eq(
		    directory.users[u].shared, u == 0 || u == MANY - 1);
}
END_TEST

START_TEST(each_weakness_has_its_words)
{
	const struct weakness none = {0},
			      all = {.exposed = "readable by others",
				  .short_password = "alice",
				  .short_count = 1,
				  .same_password = {"bob", "carol"}};
	char words[SIZE_WEAKNESS];

	for (int kind = -1; kind <= WEAKNESSES; kind++)
		ck_assert(!directory_warning(&none, kind, words));
	ck_assert(!directory_warning(&all, -1, words));
	ck_assert(!directory_warning(&all, WEAKNESSES, words));
	ck_assert(directory_warning(&all, 0, words));
	ck_assert_ptr_nonnull(strstr(words, "chmod 600"));
	ck_assert(directory_warning(&all, 1, words));
	ck_assert_ptr_nonnull(strstr(words, "1 password is under 12 bytes"));
	ck_assert_ptr_nonnull(strstr(words, "alice"));
	ck_assert(directory_warning(&all, 2, words));
	ck_assert_ptr_nonnull(strstr(words, "bob and carol"));
}
END_TEST

START_TEST(p11_the_words_have_room_for_the_longest_names)
{
	char name[LIMIT_NAME + 1], words[SIZE_WEAKNESS];
	const struct weakness all = {
	    .exposed = "readable and writable by others",
	    .short_password = name,
	    .short_count = SIZE_MAX,
	    .same_password = {name, name}};

	memset(name, 'n', LIMIT_NAME);
	name[LIMIT_NAME] = '\0';
	for (int kind = 0; kind < WEAKNESSES; kind++) {
		ck_assert(directory_warning(&all, kind, words));
		ck_assert_uint_lt(strlen(words), SIZE_WEAKNESS - 1);
	}
	ck_assert_ptr_nonnull(strstr(words, "the other"));
}
END_TEST

/* Calls directory_read() and closes the descriptor. */
static int
read_and_close(int fd)
{
	int error;

	memset(&directory, 0xff, sizeof(directory));
	error = directory_read(fd, NULL, &directory, &fault);
	ck_assert_int_eq(close(fd), 0);
	return error;
}

START_TEST(a_regular_file_is_read)
{
	size_t len = many(MANY, MANY, 0);

	ck_assert_int_eq(read_and_close(listing_file(json, len, 0600, 0)), 0);
	ck_assert_uint_eq(directory.count, MANY);
	expect_user(0);
	expect_user(MANY - 1);
}
END_TEST

START_TEST(a_file_is_read_from_where_it_stands)
{
	const char *text = "not JSON []";

	ck_assert_int_eq(
	    read_and_close(listing_file(text, strlen(text), 0600, 0)),
	    CHAT_EDIRECTORY);
	ck_assert_int_eq(
	    read_and_close(listing_file(text, strlen(text), 0600, 9)), 0);
}
END_TEST

START_TEST(p11_an_empty_file_is_refused)
{
	ck_assert_int_eq(
	    read_and_close(listing_file("", 0, 0600, 0)), CHAT_EDIRECTORY);
	ck_assert_uint_eq(fault.line, 1);
}
END_TEST

START_TEST(p34_a_file_that_others_may_read_or_write_is_exposed)
{
	static const mode_t modes[] = {
	    0600, 0640, 0660, 0400, 0611, 0604, 0644, 0444, 0602, 0666, 0777};
	static const char *const words[] = {NULL, NULL, "writable by others",
	    NULL, "readable by others", NULL,
	    "readable and writable by others"};
	struct weakness weakness;

	for (size_t i = 0; i < COUNT(modes); i++) {
		ck_assert_int_eq(
		    read_and_close(listing_file("[]", 2, modes[i], 0)), 0);
		weakness = directory.weakness;
		ck_assert_pstr_eq(weakness.exposed, words[modes[i] & 06]);
		directory_free(&directory);
	}
}
END_TEST

/* The mode is 0777, but nobody else can open it. */
START_TEST(a_socket_is_not_exposed)
{
	struct stat st;
	int ends[2];

	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
	ck_assert_int_eq(fstat(ends[0], &st), 0);
	ck_assert_uint_ne(st.st_mode & S_IROTH, 0);
	ck_assert_int_eq(write(ends[1], "[]", 2), 2);
	ck_assert_int_eq(close(ends[1]), 0);
	ck_assert_int_eq(read_and_close(ends[0]), 0);
	ck_assert(!directory.weakness.exposed);
}
END_TEST

/* Returns the reading end of a pipe that a child fills in small pieces. */
static int
pipe_of(const char *bytes, size_t len, size_t piece)
{
	int ends[2];

	ck_assert_int_eq(pipe(ends), 0);
	if (fork() == 0) {
		size_t done = 0;

		while (done < len) {
			ssize_t n = write(ends[1], bytes + done,
			    len - done < piece ? len - done : piece);

			if (n <= 0)
				_exit(1);
			done += (size_t)n;
		}
		_exit(0);
	}
	ck_assert_int_eq(close(ends[1]), 0);
	return ends[0];
}

static void
expect_child(void)
{
	int status;

	ck_assert_int_gt(wait(&status), 0);
	ck_assert(WIFEXITED(status));
	ck_assert_int_eq(WEXITSTATUS(status), 0);
}

START_TEST(a_pipe_is_read)
{
	static const size_t counts[] = {0, 1, 700, MANY};

	for (size_t i = 0; i < COUNT(counts); i++) {
		size_t len = many(counts[i], counts[i], 0);

		ck_assert_int_eq(read_and_close(pipe_of(json, len, 999)), 0);
		expect_child();
		ck_assert_uint_eq(directory.count, counts[i]);
		ck_assert(!directory.weakness.exposed);
		if (counts[i] > 0)
			expect_user(counts[i] - 1);
		directory_free(&directory);
	}
}
END_TEST

/* Sizes around that of the first buffer and its double. */
START_TEST(p11_a_pipe_of_every_length_around_the_room_is_read)
{
	static char padded[2 * 65536 + 2];

	memset(padded, ' ', sizeof(padded));
	memcpy(padded, "[" ALICE "]", strlen("[" ALICE "]"));
	for (size_t room = 65536; room <= 2 * 65536; room *= 2)
		for (size_t len = room - 1; len <= room + 1; len++) {
			ck_assert_int_eq(
			    read_and_close(pipe_of(padded, len, 65536)), 0);
			expect_child();
			ck_assert_uint_eq(directory.count, 1);
			directory_free(&directory);
		}
}
END_TEST

START_TEST(what_cannot_be_read_has_a_reason)
{
	static const struct directory empty;
	int fd = open("/", O_RDONLY | O_CLOEXEC);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(read_and_close(fd), CHAT_EDIRECTORY);
	ck_assert_str_eq(fault.reason, strerror(EISDIR));
	ck_assert_uint_eq(fault.line, 0);
	ck_assert_mem_eq(&directory, &empty, sizeof(empty));
	ck_assert_int_eq(
	    directory_read(-1, NULL, &directory, &fault), CHAT_EDIRECTORY);
	ck_assert_str_eq(fault.reason, strerror(EBADF));
}
END_TEST

START_TEST(a_refused_file_leaves_an_empty_directory)
{
	static const struct directory empty;
	const char *list = "[" ALICE ",\n" BOB ",\n{}]";

	ck_assert_int_eq(
	    read_and_close(listing_file(list, strlen(list), 0644, 0)),
	    CHAT_EDIRECTORY);
	ck_assert_uint_eq(fault.line, 3);
	ck_assert_mem_eq(&directory, &empty, sizeof(empty));
}
END_TEST

/* Counts the needle in memory between two addresses. */
static int
count_between(int mem, uint64_t from, uint64_t to, const char *needle)
{
	char chunk[65536]; /* on the stack, which is not searched */
	size_t len = strlen(needle);
	int count = 0;

	while (from < to) {
		size_t want =
		    to - from < sizeof(chunk) ? to - from : sizeof(chunk);
		ssize_t n = pread(mem, chunk, want, (off_t)from);

		if (n <= (ssize_t)len)
			break;
		for (const char *p = chunk;
		    (p = memmem(p, (size_t)(chunk + n - p), needle, len)) !=
		    NULL;
		    p++)
			count++;
		from +=
		    (uint64_t)n == to - from ? (uint64_t)n : (uint64_t)n - len;
	}
	explicit_bzero(chunk, sizeof(chunk));
	return count;
}

/*
 * Counts the needle in writable memory, except shadow memory and the stack.
 * Under valgrind the stack is not named so. A sanitizer may keep small frames
 * elsewhere, such as that of the line.
 */
static int
count_in_memory(const char *needle)
{
	FILE *maps = fopen("/proc/self/maps", "r");
	int mem = open("/proc/self/mem", O_RDONLY | O_CLOEXEC), count = 0;
	char line[512];
	const uint64_t frame = (uint64_t)(uintptr_t)__builtin_frame_address(0);
	const uint64_t kept = (uint64_t)(uintptr_t)line;
	uint64_t from, to;

	ck_assert_ptr_nonnull(maps);
	ck_assert_int_ge(mem, 0);
	while (fgets(line, sizeof(line), maps) != NULL)
		if (sscanf(line, "%lx-%lx", &from, &to) == 2 &&
		    strstr(line, " rw") != NULL &&
		    (frame < from || frame >= to) &&
		    (kept < from || kept >= to) &&
		    to - from < (uint64_t)1 << 28)
			count += count_between(mem, from, to, needle);
	ck_assert_int_eq(fclose(maps), 0);
	ck_assert_int_eq(close(mem), 0);
	return count;
}

#define SECRET_LEN 48
#define TAIL 24 /* free() overwrites the first bytes: look for the last */

/* Makes a password that is not in the program itself in this form. */
static void
unscramble(char password[SECRET_LEN + 1])
{
	for (size_t i = 0; i < SECRET_LEN; i++)
		password[i] = (char)('!' + (i * 37 + 11) % 90);
	for (size_t i = 0; i < SECRET_LEN; i++)
		if (password[i] == '"' || password[i] == '\\')
			password[i] = '~';
	password[SECRET_LEN] = '\0';
}

/* Spells a list with one entry with the password; the entry may be invalid. */
static size_t
spell_secret(char *list, size_t size, const char *password, const char *port)
{
	return (size_t)snprintf(list, size,
	    "[{\"username\":\"alice\",\"password\":\"%s\",\"x\":"
	    "[\"%s\"],\"port\":%s,\"ip\":\"h\"}]",
	    password, password, port);
}

/* Reads such a list from a file. Returns the error. */
static int
read_secret(const char *password, const char *port)
{
	char list[256];
	size_t len = spell_secret(list, sizeof(list), password, port);

	return read_and_close(listing_file(list, len, 0600, 0));
}

START_TEST(p13_a_freed_directory_leaves_no_password_in_the_heap)
{
	char password[SECRET_LEN + 1];

	unscramble(password);
	ck_assert_int_eq(read_secret(password, "1"), 0);
	ck_assert_int_eq(count_in_memory(password + TAIL), 1); /* ours */
	directory_free(&directory);
	ck_assert_int_eq(count_in_memory(password + TAIL), 0);
}
END_TEST

START_TEST(p13_a_refused_directory_leaves_no_password_in_the_heap)
{
	char password[SECRET_LEN + 1];

	unscramble(password);
	ck_assert_int_eq(read_secret(password, "0"), CHAT_EDIRECTORY);
	ck_assert_int_eq(count_in_memory(password + TAIL), 0);
	ck_assert_int_eq(read_secret(password, "1,,"), CHAT_EDIRECTORY);
	ck_assert_int_eq(count_in_memory(password + TAIL), 0);
}
END_TEST

/* The buffer for a pipe grows: the old buffers are wiped too. */
START_TEST(p13_a_pipe_leaves_no_password_in_the_heap)
{
	char password[SECRET_LEN + 1], list[3 * 65536];
	size_t len;

	unscramble(password);
	len = spell_secret(list, sizeof(list), password, "1");
	memset(list + len, ' ', sizeof(list) - len);
	ck_assert_int_eq(read_and_close(pipe_of(list, sizeof(list), 65536)), 0);
	expect_child();
	ck_assert_int_eq(count_in_memory(password + TAIL), 1);
	directory_free(&directory);
	ck_assert_int_eq(count_in_memory(password + TAIL), 0);
}
END_TEST

/*
 * If libcrypto moves memory, the old memory is wiped too. It is large, so that
 * the test itself does not get it again and overwrite it.
 */
START_TEST(p32_memory_of_libcrypto_is_wiped_when_it_grows)
{
	char secret[SECRET_LEN + 1], *memory, *other;
	const size_t old = 4096, at = old - sizeof(secret);

	unscramble(secret);
	ck_assert_int_eq(wipe_libcrypto(), 0);
	memory = OPENSSL_malloc(old);
	other = OPENSSL_malloc(old); /* so that it has to move */
	ck_assert(memory != NULL && other != NULL);
	memcpy(memory + at, secret, sizeof(secret));
	ck_assert_int_eq(count_in_memory(secret + TAIL), 1);
	memory = OPENSSL_realloc(memory, 4 * old);
	ck_assert_ptr_nonnull(memory);
	ck_assert_str_eq(memory + at, secret);
	ck_assert_int_eq(count_in_memory(secret + TAIL), 1);
	OPENSSL_free(memory);
	ck_assert_int_eq(count_in_memory(secret + TAIL), 0);
	OPENSSL_free(other);
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = {
	    ten_thousand_users_are_found,
	    every_number_of_users_is_found,
	    a_duplicate_of_ten_thousand_is_seen,
	    names_are_found_as_they_are_spelled,
	    nobody_is_found_in_an_empty_list,
	    nobody_is_found_after_a_failure,
	    an_emptied_directory_has_no_weakness,
	    a_directory_may_be_freed_twice,
	    p11_a_password_under_12_bytes_is_weak,
	    two_with_one_password_are_weak,
	    p07_all_who_have_a_password_of_others_are_marked,
	    two_of_ten_thousand_with_one_password_are_seen,
	    each_weakness_has_its_words,
	    p11_the_words_have_room_for_the_longest_names,
	    a_regular_file_is_read,
	    a_file_is_read_from_where_it_stands,
	    p11_an_empty_file_is_refused,
	    p34_a_file_that_others_may_read_or_write_is_exposed,
	    a_socket_is_not_exposed,
	    a_pipe_is_read,
	    p11_a_pipe_of_every_length_around_the_room_is_read,
	    what_cannot_be_read_has_a_reason,
	    a_refused_file_leaves_an_empty_directory,
	    p13_a_freed_directory_leaves_no_password_in_the_heap,
	    p13_a_refused_directory_leaves_no_password_in_the_heap,
	    p13_a_pipe_leaves_no_password_in_the_heap,
	    p32_memory_of_libcrypto_is_wiped_when_it_grows,
	};

	return unit_run(
	    &(struct unit){"users", tests, COUNT(tests), NULL, teardown});
}
