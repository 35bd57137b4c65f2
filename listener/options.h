/* The command line of chat-listen. */
#ifndef LISTENER_OPTIONS_H
#define LISTENER_OPTIONS_H

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>

#include "common/base/text.h"
#include "listener/parent/cidr.h"

#define NO_PORT 65536       /* -n needs no port */
#define NO_COLUMNS UINT_MAX /* without -t */

struct options {
	int family;     /* AF_UNSPEC, AF_INET, AF_INET6 */
	char *address;  /* -b, or NULL */
	unsigned count; /* -c, or 0 */
	bool defer;     /* -D */
	char directory[PATH_MAX];
	char shown_directory[SIZE_QUOTE]; /* the same, quoted for messages */
	bool json;                        /* -j */
	unsigned handlers;                /* -k, or 0 */
	unsigned sessions;                /* -m */
	unsigned per_source;              /* -M */
	struct networks exempt;           /* -E */
	struct networks balancers;        /* -P */
	bool check;                       /* -n */
	char *log;                        /* -o, or NULL */
	char shown_log[SIZE_QUOTE];       /* the same, quoted */
	char *metrics;                    /* -S, or NULL */
	char shown_metrics[SIZE_QUOTE];   /* the same, quoted */
	int socket;                       /* from the service manager, or -1 */
	unsigned port;                    /* -p, or NO_PORT */
	bool quiet;                       /* -q */
	bool strict;                      /* -s */
	unsigned columns;                 /* -t, or NO_COLUMNS */
	char *user;                       /* -u, or NULL */
	bool verbose;                     /* -v */
	unsigned wait_s;                  /* -w, or 0 */
	unsigned at_once;                 /* -X */
	char *command; /* -x, or NULL; wiped once the runner has it */
};

/*
 * Fills *options from the command line; strings in it point into argv. Asks for
 * a missing port or directory if standard input is a terminal. Ends the process
 * after -h, -V and mistakes.
 */
void options_read(int argc, char *argv[], struct options *options);

#endif
