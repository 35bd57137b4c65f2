/* The options of a program: usage and help are made from one table. */
#ifndef COMMON_BASE_OPTION_H
#define COMMON_BASE_OPTION_H

#include <stdbool.h>
#include <stddef.h>

#include "common/base/text.h"

#define MOST_OPTIONS 40
#define MOST_OPERANDS 2

/* Room for a message that says what is wrong with a command line, in bytes. */
#define SIZE_PROBLEM (SIZE_QUOTE + 128)

/* Room for the synopsis or the help of all options, in bytes. */
#define SIZE_OPTIONS 4096

/*
 * One option. Exactly one of flag, word, number and take is not NULL and
 * receives the value. Completions are made from this table too: an argument
 * named directory, file or path is completed with files, a name with users, an
 * address with hosts.
 */
struct option_row {
	char letter;
	const char *name;     /* without its two dashes */
	const char *argument; /* the name of its argument, or NULL */
	const char *help;     /* one sentence: lower case, no full stop */
	bool repeats;         /* all occurrences count, not only the last */
	bool *flag;           /* set to true */
	char **word;          /* set to the argument */
	unsigned *number;     /* set to the argument, if it is within bounds */
	unsigned least, most; /* the bounds of the number, both included */
	void (*take)(char *word); /* called with the argument, or NULL */
};

struct option_table {
	const char *program;
	const struct option_row *rows;
	size_t count;                            /* at most MOST_OPTIONS */
	const char *operands[MOST_OPERANDS + 1]; /* for the synopsis; NULL ends
						    them */
};

/*
 * Reads options up to the first word that is not an option, or up to the word
 * after "--", as getopt_long(3) does. *rest is the index of that word; *dashes
 * tells whether "--" precedes it. Returns 0; CHAT_EOPTION for an unknown
 * option, a missing argument or an argument too many; CHAT_EMALFORMED for an
 * empty argument; CHAT_EBOUNDS for a number out of bounds. On an error, problem
 * is the message.
 */
int option_read(const struct option_table *table, int argc, char *argv[],
    int *rest, bool *dashes, char problem[SIZE_PROBLEM]);

/*
 * Reads a number, the argument of that option. Returns 0, or CHAT_EBOUNDS with
 * the message in problem.
 */
int option_number(const char *option, const char *text, unsigned least,
    unsigned most, unsigned *number, char problem[SIZE_PROBLEM]);

/*
 * Returns how many of these two words option_read() would take for an option
 * and its argument: 0, 1 or 2. The second word may be NULL. An argument counts
 * if it is a number within bounds, or, where no number is needed, has no blank.
 */
unsigned option_count(
    const struct option_table *table, const char *word, const char *next);

/* Writes the synopsis, "usage: ..."; each line ends with a newline. */
void option_synopsis(const struct option_table *table, char text[SIZE_OPTIONS]);

/* Writes each option with its help, one a line, in the order of the table. */
void option_help(const struct option_table *table, char text[SIZE_OPTIONS]);

#endif
