/* The destination of a message: address and passwords. */
#include "sender/destination.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include "tests/unit/unit.h"

static char folder[] = "/tmp/chat-unit.XXXXXX";
static struct options options;
static struct destination found[MOST_RECIPIENTS];
static struct failure failure;

static void
put(const char *name, const char *content)
{
	int fd = open(name, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	ck_assert_int_ne(fd, -1);
	ck_assert_int_eq(
	    write(fd, content, strlen(content)), (ssize_t)strlen(content));
	ck_assert_int_eq(close(fd), 0);
}

/* We are bob, with a directory that contains alice and bob. */
static void
setup(void)
{
	memset(&options, 0, sizeof(options));
	memset(&failure, 0, sizeof(failure));
	ck_assert_ptr_nonnull(mkdtemp(folder));
	ck_assert_int_eq(chdir(folder), 0);
	(void)unsetenv("CHAT_DIRECTORY");
	(void)unsetenv("XDG_CONFIG_HOME");
	(void)setenv("HOME", folder, 1);
	put("users.json",
	    "[{\"username\": \"alice\", \"password\": \"the secret of alice\","
	    " \"ip\": \"192.0.2.1\", \"port\": 5000},"
	    " {\"username\": \"bob\", \"password\": \"the secret of bob\","
	    " \"ip\": \"192.0.2.2\", \"port\": 5001}]");
	put("secret", "a secret by hand\n");
	options.user = "bob";
	options.directory = "users.json";
	ck_assert_int_eq(vault_open(MOST_RECIPIENTS), 0);
}

static void
teardown(void)
{
	(void)unlink("users.json");
	(void)unlink("secret");
	(void)rmdir(folder);
	strcpy(strrchr(folder, '.'), ".XXXXXX");
}

static enum send_exit
find(char *name)
{
	options.recipients[0] = name;
	options.recipients_count = 1;
	return destination_find(&options, found, &failure);
}

static void
expect(const char *host, unsigned port, const char *from, const char *to)
{
	ck_assert_int_eq(found[0].failure.status, SEND_OK);
	ck_assert_str_eq(found[0].endpoint.host, host);
	ck_assert_uint_eq(found[0].endpoint.port, port);
	ck_assert_ptr_eq(found[0].passwords, vault_passwords(0));
	ck_assert_str_eq(found[0].passwords->from, from);
	ck_assert_str_eq(found[0].passwords->to, to);
}

START_TEST(the_directory_has_it_all)
{
	ck_assert_int_eq(find("alice"), SEND_OK);
	expect("192.0.2.1", 5000, "the secret of bob", "the secret of alice");
	ck_assert(!found[0].borrowed);
	ck_assert_str_eq(found[0].from, "bob");
	ck_assert_str_eq(found[0].to, "alice");
}
END_TEST

START_TEST(whoever_has_no_entry_borrows)
{
	options.user = "carol";
	ck_assert_int_eq(find("alice"), SEND_OK);
	expect("192.0.2.1", 5000, "the secret of alice", "the secret of alice");
	ck_assert(found[0].borrowed);
}
END_TEST

START_TEST(a_fault_of_one_recipient_is_theirs)
{
	options.recipients[0] = "alise";
	options.recipients[1] = "alice";
	options.recipients[2] = "no name";
	options.recipients_count = 3;
	ck_assert_int_eq(destination_find(&options, found, &failure), SEND_OK);
	ck_assert_int_eq(found[0].failure.status, SEND_RECIPIENT);
	ck_assert_ptr_nonnull(
	    strstr(found[0].failure.words, "did you mean alice?"));
	ck_assert_int_eq(found[1].failure.status, SEND_OK);
	ck_assert_int_eq(found[2].failure.status, SEND_USAGE);
	ck_assert_str_eq(found[1].passwords->to, "the secret of alice");
}
END_TEST

START_TEST(options_go_before_the_directory)
{
	options.address = "2001:db8::1";
	options.port = 7;
	options.key_file = "secret";
	ck_assert_int_eq(find("alice"), SEND_OK);
	expect("2001:db8::1", 7, "the secret of bob", "a secret by hand");
}
END_TEST

START_TEST(a_secret_for_somebody_else_is_for_both_sides)
{
	options.directory = NULL;
	(void)setenv("CHAT_DIRECTORY", "users.json", 1);
	options.address = "192.0.2.9";
	options.port = 7;
	options.key_file = "secret";
	ck_assert_int_eq(find("dave"), SEND_OK);
	expect("192.0.2.9", 7, "a secret by hand", "a secret by hand");
	ck_assert(found[0].borrowed);
}
END_TEST

START_TEST(but_not_with_a_directory_that_was_named)
{
	options.address = "192.0.2.9";
	options.port = 7;
	options.key_file = "secret";
	ck_assert_int_eq(find("dave"), SEND_OK);
	expect("192.0.2.9", 7, "the secret of bob", "a secret by hand");
}
END_TEST

/* Whether these bytes are on the stack, used or not. */
static bool
stack_has(const char *bytes)
{
	static char line[512], copy[1 << 23];
	FILE *maps = fopen("/proc/self/maps", "r");
	struct iovec ours = {.iov_base = copy}, theirs;
	unsigned long start = 0, end = 0;

	ck_assert_ptr_nonnull(maps);
	while (fgets(line, sizeof(line), maps) != NULL)
		if (strstr(line, "[stack]") != NULL)
			(void)sscanf(line, "%lx-%lx", &start, &end);
	(void)fclose(maps);
	ck_assert_uint_gt(end, start);
	ck_assert_uint_le(end - start, sizeof(copy));
	ours.iov_len = theirs.iov_len = end - start;
	theirs.iov_base = (void *)start;
	ck_assert_int_eq(process_vm_readv(getpid(), &ours, 1, &theirs, 1, 0),
	    (ssize_t)(end - start));
	return memmem(copy, end - start, bytes, strlen(bytes)) != NULL;
}

START_TEST(p13_a_secret_that_was_read_is_in_the_vault_only)
{
	options.key_file = "secret";
	ck_assert_int_eq(find("alice"), SEND_OK);
	ck_assert_str_eq(found[0].passwords->to, "a secret by hand");
	ck_assert(!stack_has("a secret by hand"));
	ck_assert(!stack_has("the secret of bob"));
}
END_TEST

START_TEST(a_failure_of_all_is_returned)
{
	static const struct {
		const char *directory, *address, *secret, *user;
		enum send_exit status;
		const char *words;
	} bad[] = {
	    {"none.json", NULL, NULL, "bob", SEND_DIRECTORY,
		"none.json: No such"},
	    {"secret", NULL, NULL, "bob", SEND_DIRECTORY, "secret:1: "},
	    {"users.json", "1.2.3", "secret", "bob", SEND_USAGE,
		"-a '1.2.3': "},
	    {"users.json", NULL, "none", "bob", SEND_DIRECTORY,
		"none: No such"},
	    {"users.json", NULL, "/etc/passwd", "bob", SEND_DIRECTORY,
		"/etc/passwd: not a secret"},
	    {"users.json", NULL, NULL, "bob b", SEND_USAGE,
		"'bob b' is not a valid user name"},
	};

	for (size_t i = 0; i < COUNT(bad); i++) {
		options.directory = (char *)bad[i].directory;
		options.address = (char *)bad[i].address;
		options.key_file = (char *)bad[i].secret;
		options.user = (char *)bad[i].user;
		ck_assert_int_eq(find("alice"), bad[i].status);
		ck_assert_int_eq(failure.status, bad[i].status);
		ck_assert_msg(strstr(failure.words, bad[i].words) != NULL, "%s",
		    failure.words);
	}
}
END_TEST

START_TEST(without_a_directory_it_says_where_one_may_be)
{
	options.directory = NULL;
	ck_assert_int_eq(find("alice"), SEND_DIRECTORY);
	ck_assert_ptr_nonnull(strstr(failure.words, "no user directory in "));
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = {
	    the_directory_has_it_all,
	    whoever_has_no_entry_borrows,
	    a_fault_of_one_recipient_is_theirs,
	    options_go_before_the_directory,
	    a_secret_for_somebody_else_is_for_both_sides,
	    but_not_with_a_directory_that_was_named,
	    p13_a_secret_that_was_read_is_in_the_vault_only,
	    a_failure_of_all_is_returned,
	    without_a_directory_it_says_where_one_may_be,
	};

	return unit_run(&(struct unit){
	    "sender destination", tests, COUNT(tests), setup, teardown});
}
