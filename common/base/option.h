/* The options of a program: synopsis and help are made from one table. */
#ifndef COMMON_BASE_OPTION_H
#define COMMON_BASE_OPTION_H

#include <stdbool.h>
#include <stddef.h>

#include "common/base/text.h"

#define MOST_OPTIONS 40
#define MOST_OPERANDS 2

/* Room for a message that says what is wrong with a command line, in bytes. */
#define SIZE_PROBLEM (SIZE_QUOTE + 128)

/* Room for each text below, in bytes. */
#define SIZE_OPTIONS 4096

struct option_table;

/*
 * One option. Exactly one of flag, choice, word, number, duration, take and
 * show is not NULL and receives the value. Completions are made from this table
 * too: an argument named directory, file or path is completed with files, a
 * name with users, an address with hosts.
 */
struct option_row {
	char letter;
	const char *name;     /* without its two dashes */
	const char *argument; /* the name of its argument, or NULL */
	const char *help;     /* one sentence: lower case, no full stop */
	bool repeats;         /* all occurrences count, not only the last */
	bool *flag;           /* set to true */
	int *choice;          /* set to `chosen` */
	int chosen;
	char **word;          /* set to the argument */
	unsigned *number;     /* set to the argument, if it is within bounds */
	unsigned *duration;   /* the same for a time, in seconds */
	unsigned least, most; /* the bounds of both, included */
	void (*take)(char *word); /* called with the argument, or NULL */
	/* Ends the options: writes what the program has to show. */
	void (*show)(const struct option_table *table, char text[SIZE_OPTIONS]);
};

struct option_table {
	const char *program;
	const struct option_row *rows;
	size_t count;                            /* at most MOST_OPTIONS */
	const char *operands[MOST_OPERANDS + 1]; /* for the synopsis; NULL ends
						    them */
	const char *about; /* for the help, before the options */
	const char *notes; /* for the help, after them; or NULL */
};

/* What option_read() found. */
struct option_result {
	int rest;    /* the index of the first word that is not an option */
	bool dashes; /* "--" precedes it */
	char shown;  /* the letter of the option that shows the text, or 0 */
	char text[SIZE_OPTIONS]; /* to be shown; after an error, its message */
};

/*
 * Reads options up to the first word that is not an option, or up to the word
 * after "--", as getopt_long(3) does, or up to an option that shows something.
 * Returns 0; CHAT_EOPTION, with the synopsis in the message, for an unknown
 * option, a missing argument or an argument too many; CHAT_EMALFORMED for an
 * empty argument; CHAT_EBOUNDS for a number out of bounds; CHAT_EINTERNAL if a
 * row of the table does not have exactly one receiver.
 */
int option_read(const struct option_table *table, int argc, char *argv[],
    struct option_result *result);

/*
 * Reads a number, the argument of that option. Returns 0, or CHAT_EBOUNDS with
 * the message in problem.
 */
int option_number(const char *option, const char *text, unsigned least,
    unsigned most, unsigned *number, char problem[SIZE_PROBLEM]);

/*
 * Reads a time: a number of seconds, or with m, h or d behind it of minutes,
 * hours or days, as in 90, 15m, 12h, 3d. Least and most are seconds. Returns 0,
 * or CHAT_EBOUNDS with the message in problem.
 */
int option_duration(const char *option, const char *text, unsigned least,
    unsigned most, unsigned *seconds, char problem[SIZE_PROBLEM]);

/*
 * Returns how many of these two words option_read() would take for an option
 * and its argument: 0, 1 or 2. The second word may be NULL. An argument counts
 * if it is a number or a time within bounds, or, where neither is needed, has
 * no blank.
 */
unsigned option_count(
    const struct option_table *table, const char *word, const char *next);

/* Writes the synopsis, "usage: ...", without the newline of its last line. */
void option_synopsis(const struct option_table *table, char text[SIZE_OPTIONS]);

/* Writes the synopsis, what the program is about, each option, the notes. */
void option_help(const struct option_table *table, char text[SIZE_OPTIONS]);

/* Writes the versions of program and protocol, and the name of the sandbox. */
void option_version(const struct option_table *table, char text[SIZE_OPTIONS]);

#endif
