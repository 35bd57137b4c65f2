/* The command line of chat-send. */
#ifndef SENDER_OPTIONS_H
#define SENDER_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/limits.h"

#define MOST_RECIPIENTS 64

/* Exit statuses: sysexits(3), and 79. */
enum send_exit {
	SEND_OK = 0,
	SEND_MIXED = 1,   /* several recipients, not all alike */
	SEND_CHANGED = 2, /* -l: delivered, with lines changed or divided */
	SEND_USAGE = 64,
	SEND_MESSAGE = 65,
	SEND_INPUT = 66,
	SEND_RECIPIENT = 67,
	SEND_HOST = 68,
	SEND_DECLINED = 69,
	SEND_INTERNAL = 70,
	SEND_IO = 74,
	SEND_TEMPORARY = 75,
	SEND_PROTOCOL = 76,
	SEND_AUTHENTICATION = 77,
	SEND_DIRECTORY = 78,
	SEND_UNKNOWN = 79,
};

struct options {
	int family;      /* AF_UNSPEC, AF_INET, AF_INET6 */
	char *address;   /* -a, or NULL */
	char *directory; /* -d, or NULL */
	bool has_id;     /* -i */
	uint8_t id[SIZE_ID];
	char *composed_word; /* -c, or NULL */
	int64_t composed;    /* of it */
	bool json;           /* -j */
	char *secret;        /* -k, a file, or NULL */
	bool list;           /* -L */
	bool lines;          /* -l */
	bool probe;          /* -n */
	unsigned port;       /* -p, or 0 */
	bool quiet;          /* -q */
	unsigned retry_s;    /* -r, or 0 */
	unsigned timeout_s;  /* -t, or 0 */
	char *user;          /* -u, or NULL */
	bool verbose;        /* -v */
	char *recipients[MOST_RECIPIENTS];
	size_t recipients_count;
	char **words; /* of the message; NULL-terminated */
	bool literal; /* they are text, whatever they look like */
};

/* Reads the command line. Ends the process for -h, -V and for mistakes. */
void options_read(int argc, char *argv[], struct options *options);

#endif
