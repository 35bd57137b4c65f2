/* The command line of chat-send. */
#ifndef SENDER_OPTIONS_H
#define SENDER_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/limits.h"
#include "sender/exit.h"

struct options {
	int family;      /* AF_UNSPEC, AF_INET, AF_INET6 */
	char *address;   /* -a, or NULL */
	char *directory; /* -d, or NULL */
	bool each;       /* -e */
	bool has_id;     /* -i */
	uint8_t id[SIZE_ID];
	char *composed_word; /* -c, or NULL */
	int64_t composed;    /* the value of -c */
	bool json;           /* -j */
	char *key_file;      /* -k, a file, or NULL */
	bool list;           /* -L */
	bool lines;          /* -l */
	bool probe;          /* -n */
	unsigned port;       /* -p, or 0 */
	bool quiet;          /* -q */
	unsigned retry_s;    /* -r, or 0 */
	unsigned keep_s;     /* -s, or 0 */
	unsigned timeout_s;  /* -t, or 0 */
	char *user;          /* -u, or NULL */
	bool verbose;        /* -v */
	char *recipients[MOST_RECIPIENTS];
	size_t recipients_count;
	char **words; /* words of the message; NULL ends them */
	bool literal; /* the words are text, even if they look like options */
};

/*
 * Fills in *options from the command line; strings in it point into argv. Ends
 * the process after -h, -V and mistakes.
 */
void options_read(int argc, char *argv[], struct options *options);

#endif
