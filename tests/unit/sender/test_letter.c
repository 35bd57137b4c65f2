/* Messages of the spool, as their files have them. */
#include <sys/socket.h>

#include "common/base/error.h"
#include "common/base/limits.h"
#include "sender/keep/letter.h"
#include "tests/unit/unit.h"

static struct letter letter, found;
static char file[SIZE_LETTER], changed[SIZE_LETTER];
static const char *text;
static size_t size, len;

static void
setup(void)
{
	memset(&letter, 0, sizeof(letter));
	memset(letter.drawn, 7, SIZE_ID);
	strcpy(letter.way.from, "bob");
	strcpy(letter.way.to, "alice@home");
	strcpy(letter.way.address, "fe80::1%eth0");
	strcpy(letter.way.directory, "/a folder/users.json");
	letter.way.family = AF_INET6;
	letter.way.port = 5000;
	letter.composed = 1795000000;
	letter.kept.wall = 1795000010;
	letter.kept.up = 77;
	strcpy(letter.kept.boot, "aa-bb");
	letter.life_s = 3600;
	letter.batch = true;
	size = letter_spell(&letter, "one\ntwo", 7, file);
	ck_assert_uint_gt(size, 0);
}

static int
read_it(const char *bytes, size_t count)
{
	return letter_read(bytes, count, &found, &text, &len);
}

START_TEST(a_file_has_all)
{
	ck_assert_int_eq(read_it(file, size), 0);
	ck_assert_int_eq(memcmp(&found, &letter, sizeof(letter)), 0);
	ck_assert_uint_eq(len, 7);
	ck_assert_int_eq(memcmp(text, "one\ntwo", 7), 0);
}
END_TEST

START_TEST(the_longest_text_fits)
{
	static char longest[LIMIT_TEXT];

	memset(longest, 'x', sizeof(longest));
	memset(letter.way.directory, 'd', PATH_MAX - 1);
	memset(letter.way.variable, 'v', PATH_MAX - 1);
	memset(letter.way.key_file, 'k', PATH_MAX - 1);
	memset(letter.way.address, 'a', 63);
	size = letter_spell(&letter, longest, LIMIT_TEXT, file);
	ck_assert_uint_gt(size, 0);
	ck_assert_int_eq(read_it(file, size), 0);
	ck_assert_uint_eq(len, LIMIT_TEXT);
}
END_TEST

START_TEST(p31_every_torn_file_is_noticed)
{
	for (size_t count = 0; count < size; count++) {
		memcpy(changed, file, size);
		ck_assert_int_eq(read_it(changed, count), CHAT_EMALFORMED);
		memset(changed + count, 0, size - count);
		ck_assert_int_eq(read_it(changed, size), CHAT_EMALFORMED);
	}
	file[size] = '\n';
	ck_assert_int_eq(read_it(file, size + 1), CHAT_EMALFORMED);
}
END_TEST

START_TEST(p31_every_changed_byte_is_noticed)
{
	for (size_t i = 0; i < size; i++)
		for (int bit = 0; bit < 8; bit++) {
			memcpy(changed, file, size);
			changed[i] = (char)(changed[i] ^ (1 << bit));
			ck_assert_int_eq(
			    read_it(changed, size), CHAT_EMALFORMED);
		}
}
END_TEST

START_TEST(a_path_stays_on_its_line)
{
	strcpy(letter.way.key_file, "/a\nto eve");
	ck_assert_uint_eq(letter_spell(&letter, "x", 1, file), 0);
}
END_TEST

/* How long it waits is counted by the clock that nobody sets, in one boot. */
START_TEST(a_set_clock_ends_nothing_before_its_time)
{
	struct moment now = letter.kept;

	now.wall += 1000000;
	ck_assert(!letter_is_over(&letter, &now));
	now.wall = 0;
	ck_assert(!letter_is_over(&letter, &now));
	now.up += 3599;
	ck_assert(!letter_is_over(&letter, &now));
	now.up++;
	ck_assert(letter_is_over(&letter, &now));
}
END_TEST

START_TEST(after_a_boot_the_clock_counts)
{
	struct moment now = letter.kept;

	strcpy(now.boot, "cc-dd");
	now.up = 5;
	now.wall += 3599;
	ck_assert(!letter_is_over(&letter, &now));
	now.wall++;
	ck_assert(letter_is_over(&letter, &now));
	now.wall = 0;
	ck_assert(!letter_is_over(&letter, &now));
	now.boot[0] = letter.kept.boot[0] = '\0'; /* unknown is not the same */
	now.wall = letter.kept.wall + 3600;
	now.up = letter.kept.up;
	ck_assert(letter_is_over(&letter, &now));
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = {a_file_has_all, the_longest_text_fits,
	    p31_every_torn_file_is_noticed, p31_every_changed_byte_is_noticed,
	    a_path_stays_on_its_line, a_set_clock_ends_nothing_before_its_time,
	    after_a_boot_the_clock_counts};
	const struct unit unit = {"letter", tests, COUNT(tests), setup, NULL};

	return unit_run(&unit);
}
