/* The command line of chat-send. */
#include "sender/options.h"

#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/hex.h"
#include "common/sandbox.h"

#define LONGEST_TIMEOUT_S 3600

static const char synopsis[] =
    "usage: chat-send [-46hqVv] [-a address] [-d directory] [-i id] [-k file]\n"
    "                 [-p port] [-t seconds] [-u name] user [message ...]\n";

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
    "  -k file       the secret shared with the recipient is in this file\n"
    "  -p port       send to this port\n"
    "  -q            no warnings\n"
    "  -t seconds    give up after that long (30)\n"
    "  -u name       who you are, in the recipient's directory\n"
    "  -V            show the version and end\n"
    "  -v            say what happens\n"
    "\n"
    "Exit status 0: it was written out there. 75: it was not, try again.\n"
    "79: nobody knows; try again with the same -i. See chat-send(1).\n";

static void
usage(void)
{
	(void)fputs(synopsis, stderr);
	exit(SEND_USAGE);
}

static unsigned
number(char option, const char *text, unsigned least, unsigned most)
{
	const char *error;
	long long value = strtonum(text, least, most, &error);

	if (error != NULL)
		errx(SEND_USAGE, "-%c %s: %s; give a number from %u to %u",
		    option, text, error, least, most);
	return (unsigned)value;
}

static void
take_id(struct options *options, const char *text)
{
	if (hex_decode(text, options->id, SIZE_ID) != 0)
		errx(SEND_USAGE, "-i %s: an id is %d hexadecimal digits", text,
		    2 * SIZE_ID);
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
		exit(SEND_OK);
	case 'i':
		take_id(options, optarg);
		break;
	case 'k':
		options->secret = optarg;
		break;
	case 'p':
		options->port = (uint16_t)number('p', optarg, 1, 65535);
		break;
	case 'q':
		options->quiet = true;
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
		exit(SEND_OK);
	case 'v':
		options->verbose = true;
		break;
	default:
		usage();
	}
}

void
options_read(int argc, char *argv[], struct options *options)
{
	int letter;

	*options = (struct options){
	    .family = AF_UNSPEC, .timeout_s = DEFAULT_TIMEOUT_S};
	while ((letter = getopt(argc, argv, "+46a:d:hi:k:p:qt:u:Vv")) != -1)
		take(options, letter);
	if (optind == argc) {
		warnx("no recipient: say whom the message is for");
		usage();
	}
	options->recipient = argv[optind];
	options->words = argv + optind + 1;
}
