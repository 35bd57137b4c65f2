/* The command line of chat-send. */
#include "sender/options.h"

#include <ctype.h>
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/base/hex.h"
#include "common/base/name.h"
#include "common/base/sandbox.h"
#include "common/base/text.h"

#define LONGEST_TIMEOUT_S 3600
#define LONGEST_RETRY_S (7 * 86400)

static const char synopsis[] =
    "usage: chat-send [-46hjLlnqVv] [-a address] [-d directory] [-i id]\n"
    "                 [-k file] [-p port] [-r seconds] [-t seconds] [-u name]\n"
    "                 user[,user...] [message ...]\n";

static const char help[] =
    "Delivers one message to chat-listen. Without message words, or with -,\n"
    "the message is read from standard input.\n"
    "\n"
    "  -4            IPv4 only\n"
    "  -6            IPv6 only\n"
    "  -a address    send to this address or host; needs -p\n"
    "  -d directory  the user directory: a JSON file, chat-users(5)\n"
    "  -h            show this and end\n"
    "  -i id         the message's id, 32 hexadecimal digits\n"
    "  -j            write a line of JSON for each result\n"
    "  -k file       the secret shared with the recipient is in this file\n"
    "  -L            list the names in the directory and end\n"
    "  -l            send each line of standard input as a message\n"
    "  -n            send nothing: see whether the recipient could get it\n"
    "  -p port       send to this port\n"
    "  -q            no warnings\n"
    "  -r seconds    keep trying for that long; it is shown once\n"
    "  -t seconds    give up one try after that long (30, and 35 more for\n"
    "                the receipt)\n"
    "  -u name       who you are, in the recipient's directory\n"
    "  -V            show the version and end\n"
    "  -v            say what happens\n"
    "\n"
    "Exit status 0: it was written out there. 75: it was not, try again.\n"
    "79: nobody knows; try again with the same -i. See chat-send(1).\n";

static void __attribute__((noreturn))
usage(void)
{
	(void)fputs(synopsis, stderr);
	exit(SEND_USAGE);
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
		err(SEND_IO, "standard output");
	exit(SEND_OK);
}

static unsigned
number(char option, const char *text, unsigned least, unsigned most)
{
	const char *error;
	long long value = strtonum(text, least, most, &error);

	if (error != NULL)
		errx(SEND_USAGE, "-%c %s: %s; give a number from %u to %u",
		    option, QUOTED(text), error, least, most);
	return (unsigned)value;
}

static void
take_id(struct options *options, const char *text)
{
	char lower[2 * SIZE_ID + 1] = "";

	for (size_t i = 0; i < sizeof(lower) - 1 && text[i] != '\0'; i++)
		lower[i] = (char)tolower((unsigned char)text[i]);
	if (strlen(text) != sizeof(lower) - 1 ||
	    hex_decode(lower, options->id, SIZE_ID) != 0)
		errx(SEND_USAGE, "-i %s: an id is %d hexadecimal digits",
		    QUOTED(text), 2 * SIZE_ID);
	options->has_id = true;
}

static void
take(struct options *options, int letter)
{
	switch (letter) {
	case '4':
	case '6':
		options->family = letter == '4' ? AF_INET : AF_INET6;
		break;
	case 'a':
		options->address = optarg;
		break;
	case 'd':
		options->directory = optarg;
		break;
	case 'h':
		(void)printf("%s\n%s", synopsis, help);
		end_well();
	case 'i':
		take_id(options, optarg);
		break;
	case 'j':
		options->json = true;
		break;
	case 'k':
		options->secret = optarg;
		break;
	case 'L':
		options->list = true;
		break;
	case 'l':
		options->lines = true;
		break;
	case 'n':
		options->probe = true;
		break;
	case 'p':
		options->port = (uint16_t)number('p', optarg, 1, 65535);
		break;
	case 'q':
		options->quiet = true;
		break;
	case 'r':
		options->retry_s = number('r', optarg, 1, LONGEST_RETRY_S);
		break;
	case 't':
		options->timeout_s = number('t', optarg, 1, LONGEST_TIMEOUT_S);
		break;
	case 'u':
		options->user = optarg;
		break;
	case 'V':
		(void)printf("chat-send %s, protocol chat1, sandbox: %s\n",
		    CHAT_VERSION, sandbox_name());
		end_well();
	case 'v':
		options->verbose = true;
		break;
	case ':':
		refuse("its argument is missing");
	default:
		refuse("there is no such option");
	}
}

/* alice,bob,carol: each once. */
static void
take_recipients(struct options *options, char *list)
{
	char *name;

	while ((name = strsep(&list, ",")) != NULL) {
		if (options->recipients_count == MOST_RECIPIENTS)
			errx(SEND_USAGE, "%d recipients are the most",
			    MOST_RECIPIENTS);
		if (!name_valid(name, strlen(name)))
			errx(SEND_USAGE, "'%s' is no user name", QUOTED(name));
		for (size_t i = 0; i < options->recipients_count; i++)
			if (strcmp(options->recipients[i], name) == 0)
				errx(SEND_USAGE, "%s is named twice", name);
		options->recipients[options->recipients_count++] = name;
	}
}

/* Options that do not go together. */
static void
check(const struct options *options)
{
	bool several = options->recipients_count > 1;

	if (options->lines && options->has_id)
		errx(SEND_USAGE, "-i and -l: each line needs an id of its own");
	if (options->lines && options->words[0] != NULL)
		errx(SEND_USAGE,
		    "-l reads messages from standard input; leave "
		    "out '%s'",
		    QUOTED(options->words[0]));
	if (options->probe && (options->lines || options->words[0] != NULL))
		errx(SEND_USAGE, "-n sends no message; leave it out");
	if (several && (options->address != NULL || options->secret != NULL))
		errx(SEND_USAGE, "-a and -k are for one recipient");
}

void
options_read(int argc, char *argv[], struct options *options)
{
	int letter;

	*options = (struct options){.family = AF_UNSPEC};
	while (
	    (letter = getopt(argc, argv, "+:46a:d:hi:jk:Llnp:qr:t:u:Vv")) != -1)
		take(options, letter);
	if (options->list && optind < argc)
		errx(SEND_USAGE, "-L lists names only; leave out '%s'",
		    QUOTED(argv[optind]));
	if (options->list)
		return;
	if (optind == argc) {
		warnx("no recipient: say whom the message is for");
		usage();
	}
	take_recipients(options, argv[optind]);
	options->words = argv + optind + 1;
	check(options);
}
