/* The command line of chat-listen. */
#include "listener/options.h"

#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/base/sandbox.h"
#include "common/base/text.h"
#include "common/users/identity.h"
#include "listener/parent/supervisor.h"

static const char synopsis[] =
    "usage: chat-listen [-46hjnqsVv] [-b address] [-c count] [-d directory]\n"
    "                   [-E cidr] [-M per-source] [-m sessions] [-P cidr]\n"
    "                   [-p port] [-u name] [-w seconds] [-X commands]\n"
    "                   [-x command]\n";

static const char help[] =
    "Waits for messages from chat-send and writes them to standard output.\n"
    "\n"
    "  -4            IPv4 only\n"
    "  -6            IPv6 only\n"
    "  -b address    listen on this address only\n"
    "  -c count      end after that many messages\n"
    "  -d directory  the user directory: a JSON file, chat-users(5)\n"
    "  -E cidr       trust this network: no limit per source, no penalties\n"
    "  -h            show this and end\n"
    "  -j            write a line of JSON for each message\n"
    "  -M per-source how many senders from one address at once (8)\n"
    "  -m sessions   how many senders to serve at once (64)\n"
    "  -n            check directory and settings, say what was found, end\n"
    "  -P cidr       balancers there say who connects (PROXY protocol)\n"
    "  -p port       listen on this port; 0 lets the kernel pick one\n"
    "  -q            no warnings\n"
    "  -s            refuse senders who are not in the directory\n"
    "  -u name       who you are, in the directory\n"
    "  -V            show the version and end\n"
    "  -v            say what happens\n"
    "  -w seconds    end with status 124 after that long without a message\n"
    "  -X commands   how many commands to run at once (4)\n"
    "  -x command    give each message to this, instead of writing it out\n";

static void __attribute__((noreturn))
usage(void)
{
	(void)fputs(synopsis, stderr);
	exit(LISTEN_USAGE);
}

/* The letter that getopt(3) did not like. It may be any byte. */
static void __attribute__((noreturn))
refuse(const char *why)
{
	const char letter[] = {(char)optopt, '\0'};

	warnx("-%s: %s", QUOTED(letter), why);
	usage();
}

/* After -h or -V. */
static void __attribute__((noreturn))
end_well(void)
{
	if (fflush(stdout) != 0)
		err(LISTEN_OUTPUT, "standard output");
	exit(LISTEN_OK);
}

static unsigned
number(char option, const char *text, unsigned least, unsigned most)
{
	const char *error;
	long long value = strtonum(text, least, most, &error);

	if (error != NULL)
		errx(LISTEN_USAGE, "-%c %s: %s; give a number from %u to %u",
		    option, QUOTED(text), error, least, most);
	return (unsigned)value;
}

static void
add_network(struct networks *networks, char option, const char *text)
{
	if (networks->count == MOST_NETWORKS)
		errx(LISTEN_USAGE, "-%c %s: %d networks are the most", option,
		    QUOTED(text), MOST_NETWORKS);
	if (cidr_parse(text, &networks->list[networks->count++]) != 0)
		errx(LISTEN_USAGE,
		    "-%c %s: not a network; write it like 192.0.2.0/24", option,
		    QUOTED(text));
}

/* A shell is content with an empty command: all would be handled, and lost. */
static char *
given_command(char *text)
{
	if (text[strspn(text, " \t\n")] == '\0')
		errx(LISTEN_USAGE,
		    "-x: the command is empty; say what handles a message");
	return text;
}

/* A line from the terminal, without its end. */
static void
ask(const char *question, char *answer, int size)
{
	(void)fputs(question, stderr);
	if (fgets(answer, size, stdin) == NULL)
		errx(LISTEN_USAGE, "no answer; see chat-listen -h");
	answer[strcspn(answer, "\n")] = '\0';
}

static void
complete_port(struct options *options)
{
	char answer[32];

	if (options->port != -1 || options->check || options->socket != -1)
		return;
	if (isatty(STDIN_FILENO) != 1) {
		warnx("no port: say -p port");
		usage();
	}
	ask("port to listen on: ", answer, sizeof(answer));
	options->port = (int)number('p', answer, 0, 65535);
}

/* An option or variable is taken as it is; a default must exist. */
static void
complete_directory(struct options *options, const char *given)
{
	const char *variable = getenv("CHAT_DIRECTORY");
	bool named = given != NULL || (variable != NULL && *variable != '\0');
	int error = identity_directory(
	    given, options->directory, sizeof(options->directory));

	if (error == 0 && (named || access(options->directory, F_OK) == 0))
		return;
	if (named)
		errx(LISTEN_USAGE, "-d: the file name is too long");
	if (isatty(STDIN_FILENO) != 1) {
		warnx("no user directory: say -d file, or set CHAT_DIRECTORY");
		usage();
	}
	ask("user directory (a JSON file): ", options->directory,
	    sizeof(options->directory));
}

static void
take(struct options *options, int letter, const char **directory)
{
	switch (letter) {
	case '4':
	case '6':
		options->family = letter == '4' ? AF_INET : AF_INET6;
		break;
	case 'b':
		options->address = optarg;
		break;
	case 'c':
		options->count = number('c', optarg, 1, UINT_MAX);
		break;
	case 'd':
		*directory = optarg;
		break;
	case 'E':
		add_network(&options->exempt, 'E', optarg);
		break;
	case 'h':
		(void)printf("%s\n%s", synopsis, help);
		end_well();
	case 'j':
		options->json = true;
		break;
	case 'M':
		options->per_source = number('M', optarg, 1, MOST_SESSIONS);
		break;
	case 'm':
		options->sessions = number('m', optarg, 1, MOST_SESSIONS);
		break;
	case 'n':
		options->check = true;
		break;
	case 'P':
		add_network(&options->balancers, 'P', optarg);
		/* All that comes through it comes from it, until it says. */
		add_network(&options->exempt, 'P', optarg);
		break;
	case 'p':
		options->port = (int)number('p', optarg, 0, 65535);
		break;
	case 'q':
		options->quiet = true;
		break;
	case 's':
		options->strict = true;
		break;
	case 'u':
		options->user = optarg;
		break;
	case 'V':
		(void)printf("chat-listen %s, protocol chat1, sandbox: %s\n",
		    CHAT_VERSION, sandbox_name());
		end_well();
	case 'v':
		options->verbose = true;
		break;
	case 'w':
		options->wait_s = number('w', optarg, 1, 86400 * 365);
		break;
	case 'X':
		options->at_once = number('X', optarg, 1, MOST_COMMANDS);
		break;
	case 'x':
		options->command = given_command(optarg);
		break;
	case ':':
		refuse("its argument is missing");
	default:
		refuse("there is no such option");
	}
}

void
options_read(int argc, char *argv[], struct options *options)
{
	const char *directory = NULL;
	int letter;

	*options = (struct options){.family = AF_UNSPEC,
	    .sessions = DEFAULT_SESSIONS,
	    .per_source = DEFAULT_PER_SOURCE,
	    .port = -1};
	while ((letter = getopt(
		    argc, argv, ":46b:c:d:E:hjM:m:nP:p:qsu:Vvw:X:x:")) != -1)
		take(options, letter, &directory);
	if (optind < argc) {
		warnx("%s: chat-listen takes options only; chat-send sends",
		    QUOTED(argv[optind]));
		usage();
	}
	if (options->at_once != 0 && options->command == NULL)
		errx(LISTEN_USAGE, "-X limits the commands of -x; say which");
	if (options->at_once == 0)
		options->at_once = DEFAULT_COMMANDS;
	if (options->verbose)
		options->at_once = 1; /* messages are written out as well */
	options->socket = supervisor_socket();
	complete_port(options);
	complete_directory(options, directory);
	(void)text_quote(options->directory, options->shown_directory);
}
