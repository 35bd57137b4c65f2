/* The command line of chat-listen. */
#include "listener/options.h"

#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/base/error.h"
#include "common/base/host.h"
#include "common/base/limits.h"
#include "common/base/option.h"
#include "common/users/identity.h"
#include "listener/exit.h"
#include "listener/parent/supervisor.h"
#include "listener/runner/runner.h"
#include "listener/runner/script.h"

/* The result. The rows of the table point into it. */
static struct options given = {.family = AF_UNSPEC,
    .sessions = DEFAULT_SESSIONS,
    .per_source = DEFAULT_PER_SOURCE,
    .port = NO_PORT,
    .columns = NO_COLUMNS};
static char *given_directory;

static void take_exempt(char *network);
static void take_balancer(char *network);

static const struct option_row rows[] = {
    {'4', "ipv4", NULL, "IPv4 only", .choice = &given.family,
	.chosen = AF_INET},
    {'6', "ipv6", NULL, "IPv6 only", .choice = &given.family,
	.chosen = AF_INET6},
    {'b', "bind", "address", "listen on this address only",
	.word = &given.address},
    {'c', "count", "count", "end after that many messages",
	.number = &given.count, .least = 1, .most = UINT_MAX},
    {'D', "defer", NULL, "accept no connection before its first bytes",
	.flag = &given.defer},
    {'d', "directory", "directory",
	"the user directory: a JSON file, chat-users(5)",
	.word = &given_directory},
    {'E', "exempt", "network", "trust it: no limit per source, no penalties",
	.take = take_exempt, .repeats = true},
    {'h', "help", NULL, "show this and end", .show = option_help},
    {'j', "json", NULL, "write a line of JSON for each message",
	.flag = &given.json},
    {'k', "keep", "number", "keep so many of the command running: handlers",
	.number = &given.handlers, .least = 1, .most = MOST_COMMANDS},
    {'M', "max-per-source", "number",
	"how many senders from one address at once (8)",
	.number = &given.per_source, .least = 1, .most = MOST_SESSIONS},
    {'m', "max-sessions", "number", "how many senders to serve at once (64)",
	.number = &given.sessions, .least = 1, .most = MOST_SESSIONS},
    {'n', "check", NULL,
	"only check directory and settings, and tell what was found",
	.flag = &given.check},
    {'o', "log", "file",
	"append each message to this log, synced, before its receipt",
	.word = &given.log},
    {'P', "proxy-protocol", "network", "balancers there tell who connects",
	.take = take_balancer, .repeats = true},
    {'p', "port", "port", "listen on this port; 0 lets the kernel pick one",
	.number = &given.port, .least = 0, .most = 65535},
    {'q', "quiet", NULL, "no warnings", .flag = &given.quiet},
    {'S', "metrics", "file", "keep figures for Prometheus in this file",
	.word = &given.metrics},
    {'s', "strict", NULL, "refuse senders who are not in the directory",
	.flag = &given.strict},
    {'t', "terminal", "columns",
	"write as on a terminal of that width; 0 if unknown",
	.number = &given.columns, .least = 0, .most = MOST_COLUMNS},
    {'u', "user", "name", "who you are, in the directory", .word = &given.user},
    {'V', "version", NULL, "show the version and end", .show = option_version},
    {'v', "verbose", NULL, "tell what happens", .flag = &given.verbose},
    {'w', "wait", "seconds",
	"end with status 124 after that long without a message",
	.number = &given.wait_s, .least = 1, .most = MOST_WAIT_S},
    {'X', "max-commands", "number", "how many commands to run at once (4)",
	.number = &given.at_once, .least = 1, .most = MOST_COMMANDS},
    {'x', "exec", "command",
	"give each message to this instead of writing it out",
	.word = &given.command},
};

static const struct option_table table = {"chat-listen", rows,
    sizeof(rows) / sizeof(rows[0]), {NULL},
    .about =
	"Waits for messages from chat-send and writes them to standard output."};

static void __attribute__((noreturn))
usage(const char *problem)
{
	char synopsis[SIZE_OPTIONS];

	option_synopsis(&table, synopsis);
	errx(LISTEN_USAGE, "%s\n%s", problem, synopsis);
}

static void __attribute__((noreturn))
show(const char *text)
{
	if (fputs(text, stdout) == EOF || fflush(stdout) != 0)
		err(LISTEN_OUTPUT, "standard output");
	exit(LISTEN_OK);
}

/*
 * -b: a host name stands for all of its addresses, and 0.0.0.0 and :: for all
 * of this host, where nobody can be reached.
 */
static void
check_address(void)
{
	const char *address = given.address, *why;
	uint8_t bytes[16];
	enum host_kind kind;
	size_t len;
	int error;

	if (address == NULL)
		return;
	len = strlen(address);
	if (strcmp(address, "0.0.0.0") == 0 || strcmp(address, "::") == 0)
		error = host_read_address(address, len, bytes, &kind, &why);
	else
		error = host_read(address, len, &kind, &why);
	if (error != 0)
		errx(LISTEN_USAGE,
		    "-b '%s': %s; without -b, all addresses are used",
		    QUOTED(address), why);
	if ((kind == HOST_IP4 && given.family == AF_INET6) ||
	    (kind == HOST_IP6 && given.family == AF_INET))
		errx(LISTEN_USAGE, "-b '%s' cannot be used with -%d",
		    QUOTED(address), kind == HOST_IP4 ? 6 : 4);
}

static void
add_network(struct networks *networks, char option, const char *text)
{
	const char *why;

	if (networks->count == MOST_NETWORKS)
		errx(LISTEN_USAGE, "-%c %s: at most %d networks", option,
		    QUOTED(text), MOST_NETWORKS);
	if (cidr_parse(text, &networks->list[networks->count++], &why) != 0)
		errx(LISTEN_USAGE, "-%c '%s': not a network: %s", option,
		    QUOTED(text), why);
}

static void
take_exempt(char *network)
{
	add_network(&given.exempt, 'E', network);
}

static void
take_balancer(char *network)
{
	add_network(&given.balancers, 'P', network);
	/* A balancer's connections count for the sources that it names. */
	add_network(&given.exempt, 'P', network);
}

/* Reads a line from the terminal, without its newline. */
static void
ask(const char *question, char *answer, int size)
{
	(void)fputs(question, stderr);
	if (fgets(answer, size, stdin) == NULL)
		errx(LISTEN_USAGE, "no answer; see chat-listen -h");
	answer[strcspn(answer, "\n")] = '\0';
}

static void
complete_port(void)
{
	char answer[32], problem[SIZE_PROBLEM];

	if (given.port != NO_PORT || given.check || given.socket != -1)
		return;
	if (isatty(STDIN_FILENO) != 1)
		usage("no port: use -p port");
	ask("port to listen on: ", answer, sizeof(answer));
	if (option_number("-p", answer, 0, 65535, &given.port, problem) != 0)
		errx(LISTEN_USAGE, "%s", problem);
}

/* A named directory is not checked here. A default must exist. */
static void
complete_directory(void)
{
	const char *variable = getenv("CHAT_DIRECTORY");
	bool named =
	    given_directory != NULL || (variable != NULL && *variable != '\0');
	int error = identity_directory(
	    given_directory, given.directory, sizeof(given.directory));

	if (error == 0 && (named || access(given.directory, F_OK) == 0))
		return;
	if (named)
		errx(LISTEN_USAGE, "-d: the file name is too long");
	if (isatty(STDIN_FILENO) != 1)
		usage(
		    "no user directory: use -d file, or set CHAT_DIRECTORY; chat-keygen makes one");
	ask("user directory (a JSON file): ", given.directory,
	    sizeof(given.directory));
}

/*
 * Refuses what a shell accepts although it handles nothing, such as a comment.
 */
static void
check_commands(void)
{
	const char *why;

	if (given.command != NULL && !script_is_readable(given.command))
		errx(LISTEN_USAGE,
		    "-x '%s': the shell cannot read this, for the reason above; mend the command",
		    QUOTED(given.command));
	if (given.command != NULL &&
	    (why = script_fault(given.command)) != NULL)
		errx(LISTEN_USAGE, "-x '%s': %s", QUOTED(given.command), why);
	if (given.at_once != 0 && given.command == NULL)
		errx(LISTEN_USAGE, "-X needs -x");
	if (given.handlers != 0 && given.command == NULL)
		errx(LISTEN_USAGE, "-k needs -x");
	if (given.handlers != 0 && given.at_once != 0)
		errx(LISTEN_USAGE,
		    "-X is for commands that end; with -k, use one of the two");
	if (given.at_once == 0)
		given.at_once =
		    given.handlers != 0 ? given.handlers : DEFAULT_COMMANDS;
	if (given.verbose)
		given.at_once = 1; /* because messages are shown as well */
}

void
options_read(int argc, char *argv[], struct options *options)
{
	struct option_result read;
	char problem[SIZE_PROBLEM];

	if (option_read(&table, argc, argv, &read) != 0)
		errx(LISTEN_USAGE, "%s", read.text);
	if (read.shown != '\0')
		show(read.text);
	if (read.rest < argc) {
		(void)snprintf(problem, sizeof(problem),
		    "%s: chat-listen takes options only; chat-send sends",
		    QUOTED(argv[read.rest]));
		usage(problem);
	}
	check_address();
	check_commands();
	if (given.json && given.columns != NO_COLUMNS)
		errx(LISTEN_USAGE, "-t cannot be used with -j");
	if (given.log != NULL && strcmp(given.log, "-") == 0)
		errx(LISTEN_USAGE,
		    "-o -: a log is a file; messages go to standard output in any case");
	given.socket = supervisor_socket();
	complete_port();
	complete_directory();
	(void)text_quote(given.directory, given.shown_directory);
	if (given.log != NULL)
		(void)text_quote(given.log, given.shown_log);
	if (given.metrics != NULL)
		(void)text_quote(given.metrics, given.shown_metrics);
	*options = given;
}
