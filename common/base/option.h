/* The options of a program: one table, from which all that is said is made. */
#ifndef COMMON_BASE_OPTION_H
#define COMMON_BASE_OPTION_H

#include <stdbool.h>
#include <stddef.h>

#include "common/base/text.h"

#define MOST_OPTIONS 40
#define MOST_OPERANDS 2

/* Room for what is wrong with a command line, in words. */
#define SIZE_PROBLEM (SIZE_QUOTE + 128)

/* Room for all options with their help. */
#define SIZE_OPTIONS 4096

/*
 * One option. Where its value goes is the one of the last members that is not
 * NULL. Completions are made from the help: of an argument called directory,
 * file or path they are files, of a name users, of an address hosts.
 */
struct option_row {
	char letter;
	const char *name;         /* behind two dashes */
	const char *argument;     /* what its argument is called, or NULL */
	const char *help;         /* one sentence: lower case, no full stop */
	bool repeats;             /* each time counts, and not only the last */
	bool *flag;               /* is set */
	char **word;              /* is the argument */
	unsigned *number;         /* is the argument, if it is within bounds */
	unsigned least, most;     /* of the number */
	void (*take)(char *word); /* gets the argument, or NULL */
};

struct option_table {
	const char *program;
	const struct option_row *rows;
	size_t count;                            /* at most MOST_OPTIONS */
	const char *operands[MOST_OPERANDS + 1]; /* for the synopsis; NULL ends
						    them */
};

/*
 * Reads options up to the first word that is none, or the one after "--", as
 * getopt_long(3) does. *rest is the index of that word; *dashes says whether
 * "--" stood before it. Returns 0; CHAT_EOPTION when there is no such option,
 * or it lacks its argument, or takes none; CHAT_EBOUNDS when a number is out of
 * bounds. Then the problem says which and why.
 */
int option_read(const struct option_table *table, int argc, char *argv[],
    int *rest, bool *dashes, char problem[SIZE_PROBLEM]);

/*
 * Reads a number, given as that option. Returns 0 or CHAT_EBOUNDS, with the
 * problem in words.
 */
int option_number(const char *option, const char *text, unsigned least,
    unsigned most, unsigned *number, char problem[SIZE_PROBLEM]);

/*
 * How many of these two words option_read() would take for options, with their
 * argument: 0, 1 or 2. The second may be NULL. An argument in the same word
 * counts when it is within bounds, for a number, and has no blank.
 */
unsigned option_count(
    const struct option_table *table, const char *word, const char *next);

/* Spells the synopsis, "usage: ...", of lines that end with a newline each. */
void option_synopsis(const struct option_table *table, char text[SIZE_OPTIONS]);

/* Spells each option with its help, in the order of the table. */
void option_help(const struct option_table *table, char text[SIZE_OPTIONS]);

#endif
