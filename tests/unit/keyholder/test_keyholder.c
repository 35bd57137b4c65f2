/* The keyholder as a process: nobody waits for a long directory. */
#include "listener/keyholder/keyholder.h"

#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "listener/link/session_keyholder.h"
#include "tests/unit/visit.h"

#define PLACES 4
#define PIPE 65536 /* bytes that a pipe has room for */
#define PIECES 16

static struct keyholder_config config;
static const proof_cell *proofs;
static const struct finding *findings;
static pid_t keyholder;
static int control, shown;

static void
setup(void)
{
	const char *what;

	config = (struct keyholder_config){.path = "users.json",
	    .given = "alice",
	    .quiet = true,
	    .turns = 1,
	    .places = PLACES};
	ck_assert_int_eq(privdrop_prepare(&config.jail, &what), 0);
	keyholder =
	    keyholder_start(&config, &control, &shown, &proofs, &findings);
	ck_assert_int_ne(keyholder, -1);
	(void)signal(SIGPIPE, SIG_IGN);
}

static void
teardown(void)
{
	int status;

	(void)close(control);
	ck_assert_int_eq(waitpid(keyholder, &status, 0), keyholder);
	ck_assert_int_eq(status, 0);
}

/* Has the keyholder read a pipe. Returns the end for writing. */
static int
start_loading(void)
{
	int ends[2];

	ck_assert_int_eq(pipe(ends), 0);
	ck_assert_int_eq(keyholder_load(control, ends[0]), 0);
	(void)close(ends[0]);
	return ends[1];
}

static bool
has_replied(int channel)
{
	struct pollfd one = {.fd = channel, .events = POLLIN};

	return poll(&one, 1, 0) == 1;
}

/* With the pipe full again, the keyholder has read what was in it before. */
START_TEST(sessions_are_served_while_a_directory_is_read)
{
	static char blanks[PIPE];
	struct begin_request begin = {
	    .request = CHANNEL_BEGIN, .from = "bob", .to = "alice"};
	struct begin_reply reply;
	struct loaded loaded;
	int directory = start_loading(), channel = visit(control, 1);

	memset(blanks, ' ', sizeof(blanks));
	ck_assert_int_eq(
	    send(channel, &begin, sizeof(begin), 0), (ssize_t)sizeof(begin));
	for (int i = 0; i < PIECES; i++)
		ck_assert_int_eq(
		    write(directory, blanks, sizeof(blanks)), PIPE);
	ck_assert(has_replied(channel));
	ck_assert_int_eq(
	    read(channel, &reply, sizeof(reply)), (ssize_t)sizeof(reply));
	ck_assert_int_eq(write(directory, "[]", 2), 2);
	(void)close(directory);
	ck_assert_int_eq(keyholder_loaded(control, &loaded), 0);
	ck_assert_int_eq(loaded.error, 0);
	(void)close(channel);
}
END_TEST

int
main(int argc, char *argv[], char *envp[])
{
	const TTest *const tests[] = {
	    sessions_are_served_while_a_directory_is_read};

	setproctitle_init(argc, argv, envp);
	return unit_run(&(struct unit){
	    "listener keyholder", tests, COUNT(tests), setup, teardown});
}
