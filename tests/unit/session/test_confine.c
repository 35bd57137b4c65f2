/* A session is ended by its alarm in any state. */
#include <errno.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/chat1/warmup.h"
#include "listener/session/session.h"
#include "tests/unit/unit.h"

/* The longest time of a session, in seconds, without its last answer. */
#define LONGEST_S                                                \
	(LIMIT_HANDSHAKE_S + LIMIT_COMPOSE_S + LIMIT_RECEIPT_S + \
	    TAKE_MOST_S(LIMIT_TEXT_FRAME))
#define LAST_WORDS_S 10

static unsigned *asked; /* shared with the session: the seconds of its alarm */
static struct suite suite;

/* Replaces that of libc: the alarm comes at once. */
unsigned
alarm(unsigned seconds)
{
	const struct itimerval soon = {.it_value.tv_usec = 1000};

	*asked = seconds;
	return seconds == 0 ? 0 : (unsigned)setitimer(ITIMER_REAL, &soon, NULL);
}

static void
setup(void)
{
	asked = mmap(NULL, sizeof(*asked), PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	ck_assert_ptr_ne(asked, MAP_FAILED);
	ck_assert_int_eq(suite_open(&suite), 0);
	ck_assert_int_eq(warmup_run(&suite), 0);
}

static void
teardown(void)
{
	suite_close(&suite);
	(void)munmap(asked, sizeof(*asked));
}

/* Runs a session whose peer sends nothing. Returns its wait status. */
static int
run_session(void)
{
	const struct output output = {.fd = STDOUT_FILENO};
	const struct source source = {.text = "nobody"};
	struct jail jail;
	struct session session = {.suite = &suite,
	    .jail = &jail,
	    .output = &output,
	    .source = &source,
	    .runner = -1,
	    .report = -1};
	const char *what;
	int peer[2], channel[2], status;
	pid_t pid;

	ck_assert_int_eq(privdrop_prepare(&jail, &what), 0);
	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, peer), 0);
	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, channel), 0);
	session.connection = peer[0];
	session.channel = channel[0];
	if ((pid = fork()) == 0)
		session_run(&session);
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	for (int i = 0; i < 2; i++) {
		(void)close(peer[i]);
		(void)close(channel[i]);
	}
	if (jail.root)
		(void)close(jail.empty);
	return status;
}

START_TEST(p18_a_session_ends_by_its_alarm)
{
	int status = run_session();

	ck_assert(WIFSIGNALED(status));
	ck_assert_int_eq(WTERMSIG(status), SIGALRM);
	ck_assert_uint_ge(*asked, LONGEST_S);
	ck_assert_uint_le(*asked, LONGEST_S + LAST_WORDS_S);
}
END_TEST

/* Our parent may ignore the signal, and we inherit that. */
START_TEST(p18_an_ignored_alarm_counts_too)
{
	int status;

	ck_assert(signal(SIGALRM, SIG_IGN) != SIG_ERR);
	status = run_session();
	ck_assert(WIFSIGNALED(status));
	ck_assert_int_eq(WTERMSIG(status), SIGALRM);
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = {
	    p18_a_session_ends_by_its_alarm,
	    p18_an_ignored_alarm_counts_too,
	};

	return unit_run(&(struct unit){
	    "listener confine", tests, COUNT(tests), setup, teardown});
}
