/* The command line of chat-listen. */
#ifndef LISTENER_OPTIONS_H
#define LISTENER_OPTIONS_H

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>

#include "common/base/text.h"
#include "listener/parent/admission.h"
#include "listener/runner/runner.h"

#define DEFAULT_SESSIONS 64
#define MOST_SESSIONS 4096
#define DEFAULT_PER_SOURCE 8

/* Exit statuses: sysexits(3), and timeout(1) for the last. */
enum listen_exit {
	LISTEN_OK = 0,
	LISTEN_USAGE = 64,
	LISTEN_SYSTEM = 71,
	LISTEN_OUTPUT = 74,
	LISTEN_DIRECTORY = 78,
	LISTEN_TIMEOUT = 124,
};

struct options {
	int family;          /* AF_UNSPEC, AF_INET, AF_INET6 */
	const char *address; /* -b, or NULL */
	unsigned long count; /* -c, or 0 */
	char directory[PATH_MAX];
	char shown_directory[SIZE_QUOTE]; /* the same, for messages */
	bool json;                        /* -j */
	unsigned sessions;                /* -m */
	unsigned per_source;              /* -M */
	struct networks exempt;           /* -E */
	struct networks balancers;        /* -P */
	bool check;                       /* -n */
	int socket;                       /* from the service manager, or -1 */
	int port;                         /* -p; -1 when only to be checked */
	bool quiet;                       /* -q */
	bool strict;                      /* -s */
	const char *user;                 /* -u, or NULL */
	bool verbose;                     /* -v */
	unsigned wait_s;                  /* -w, or 0 */
	unsigned at_once;                 /* -X */
	char *command; /* -x, or NULL; the runner has the text */
};

/*
 * Reads the command line. What is missing is asked for when standard input
 * is a terminal. Ends the process for -h, -V and for mistakes.
 */
void options_read(int argc, char *argv[], struct options *options);

#endif
