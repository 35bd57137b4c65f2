/*
 * The floor's listener: accept, fork, give up the same rights, the same
 * cryptography, one write to standard output. Prints its port on standard
 * error. Ends when killed.
 */
#include <err.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/base/privdrop.h"
#include "common/base/sandbox.h"
#include "common/base/stream.h"
#include "common/chat1/warmup.h"
#include "listener/parent/acceptor.h"
#include "tests/bench/floor.h"
#include "tests/bench/wire.h"

#define CONNECTION_FD 3
#define LIFETIME_S 75
#define CPU_S 10

static struct suite suite;
static struct spake2 *spake2;
static struct jail jail;
static struct line in, out;

static void
confine(int connection)
{
	const struct allowance allowance = {
	    .descriptors = 2, .writes_files = true, .cpu_seconds = CPU_S};
	const char *what;

	if (dup2(connection, CONNECTION_FD) == -1)
		err(1, "dup2");
	(void)alarm(LIFETIME_S);
	if (privdrop_enter(&jail, &allowance, &what) != 0)
		err(1, "cannot %s", what);
	(void)close(STDIN_FILENO);
	closefrom(CONNECTION_FD + 1);
	if (sandbox_enter(SANDBOX_SESSION) != 0)
		err(1, "cannot enter the sandbox");
}

static void
serve(int connection)
{
	static char text[LIMIT_FRAME];
	struct floor_side side;
	size_t len;

	if (floor_open(&side, &suite, spake2, SPAKE2_B) != 0)
		_exit(1);
	confine(connection);
	if (wire_read(CONNECTION_FD, 1, &in) != 0 ||
	    floor_answer_hello(&side, &in, &out) != 0 ||
	    wire_write(CONNECTION_FD, &out) != 0 ||
	    wire_read(CONNECTION_FD, 3, &in) != 0 ||
	    floor_answer_response(&side, &in, &out) != 0 ||
	    wire_write(CONNECTION_FD, &out) != 0 ||
	    wire_read(CONNECTION_FD, 5, &in) != 0 ||
	    floor_answer_text(&side, &in, text, &len, &out) != 0)
		_exit(1);
	text[len++] = '\n';
	if (write(STDOUT_FILENO, text, len) != (ssize_t)len ||
	    wire_write(CONNECTION_FD, &out) != 0)
		_exit(1);
	_exit(0);
}

/* Interrupts accept(2), so that the child is waited for. */
static void
wake(int signal_number)
{
	(void)signal_number;
}

/* The parent makes the first use of everything. */
static void
prepare(void)
{
	struct floor_side side;
	const char *what;

	if (suite_open(&suite) != 0 || warmup_run(&suite) != 0 ||
	    spake2_open(&spake2) != 0 ||
	    floor_open(&side, &suite, spake2, SPAKE2_B) != 0 ||
	    floor_share(&side) != 0)
		errx(1, "cannot start");
	if (privdrop_prepare(&jail, &what) != 0)
		err(1, "cannot %s", what);
	if (jail.root) /* out of the number that a connection gets */
		jail.empty = fcntl(jail.empty, F_DUPFD, CONNECTION_FD + 1);
}

int
main(void)
{
	struct acceptor acceptor;
	struct source source;
	struct pollfd ready = {.events = POLLIN};
	const char *reason;
	int connection;

	prepare();
	if (acceptor_open(&acceptor, AF_INET, "127.0.0.1", 0, &reason) != 0)
		errx(1, "cannot listen: %s", reason);
	ready.fd = acceptor.fd;
	(void)signal(SIGCHLD, wake);
	(void)fprintf(stderr, "%u\n", acceptor.port);
	for (;;) {
		(void)poll(&ready, 1, -1);
		while (
		    (connection = acceptor_accept(&acceptor, &source)) != -1) {
			if (fork() == 0)
				serve(connection);
			(void)close(connection);
		}
		while (waitpid(-1, NULL, WNOHANG) > 0)
			;
	}
}
