/* Which processes have the passwords and the message. */
#include "sender/vault.h"

#include <sys/wait.h>
#include <unistd.h>

#include "tests/unit/unit.h"

#define RECIPIENTS 3

static void
setup(void)
{
	ck_assert_int_eq(vault_open(RECIPIENTS), 0);
	for (size_t i = 0; i < RECIPIENTS; i++) {
		(void)snprintf(vault_passwords(i)->from, 16, "from %zu", i);
		(void)snprintf(vault_passwords(i)->to, 16, "to %zu", i);
	}
	vault_text()->len = 5;
	strcpy(vault_text()->bytes, "hello");
}

static bool
has_secrets(size_t i)
{
	char from[16], to[16];

	(void)snprintf(from, sizeof(from), "from %zu", i);
	(void)snprintf(to, sizeof(to), "to %zu", i);
	return strcmp(vault_passwords(i)->from, from) == 0 &&
	    strcmp(vault_passwords(i)->to, to) == 0;
}

static bool
is_zero(const void *bytes, size_t len)
{
	const char *p = bytes;

	while (len > 0 && p[len - 1] == 0)
		len--;
	return len == 0;
}

static bool
has_text(void)
{
	return vault_text()->len == 5 &&
	    strcmp(vault_text()->bytes, "hello") == 0;
}

static bool
has_nothing(void)
{
	for (size_t i = 0; i < RECIPIENTS; i++)
		if (!is_zero(vault_passwords(i), sizeof(struct password_pair)))
			return false;
	return is_zero(vault_text(), sizeof(struct text));
}

/* Returns the exit status of a child. */
static int
status_of(pid_t pid)
{
	int status;

	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert(WIFEXITED(status));
	return WEXITSTATUS(status);
}

/* Whether a child of this process has nothing of them. */
static bool
child_has_nothing(void)
{
	pid_t pid = fork();

	if (pid == 0)
		_exit(has_nothing());
	return status_of(pid);
}

START_TEST(p38_a_child_has_nothing)
{
	ck_assert(child_has_nothing());
	ck_assert(has_text());
}
END_TEST

START_TEST(p13_an_attempt_has_what_it_needs_and_no_more)
{
	for (size_t mine = 0; mine < RECIPIENTS; mine++) {
		pid_t pid = vault_fork(mine);

		if (pid == 0) {
			bool good = has_text();

			for (size_t i = 0; i < RECIPIENTS; i++)
				good &= i == mine
				    ? has_secrets(i)
				    : is_zero(vault_passwords(i),
					  sizeof(struct password_pair));
			_exit(good);
		}
		ck_assert_int_eq(status_of(pid), 1);
	}
}
END_TEST

START_TEST(p38_a_child_of_an_attempt_has_nothing)
{
	pid_t pid = vault_fork(1);

	if (pid == 0)
		_exit(child_has_nothing());
	ck_assert_int_eq(status_of(pid), 1);
}
END_TEST

START_TEST(an_attempt_takes_nothing_away)
{
	ck_assert_int_eq(status_of(vault_fork(1) ?: (_exit(7), 0)), 7);
	for (size_t i = 0; i < RECIPIENTS; i++)
		ck_assert(has_secrets(i));
	ck_assert(has_text());
	ck_assert(child_has_nothing());
}
END_TEST

START_TEST(wiped_secrets_are_zero)
{
	password_pair_wipe(vault_passwords(1));
	ck_assert(is_zero(vault_passwords(1), sizeof(struct password_pair)));
	ck_assert(has_secrets(0));
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = {
	    p38_a_child_has_nothing,
	    p13_an_attempt_has_what_it_needs_and_no_more,
	    p38_a_child_of_an_attempt_has_nothing,
	    an_attempt_takes_nothing_away,
	    wiped_secrets_are_zero,
	};

	return unit_run(
	    &(struct unit){"sender vault", tests, COUNT(tests), setup, NULL});
}
