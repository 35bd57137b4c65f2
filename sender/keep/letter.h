/* A message of the spool, as its file has it. chat-spool(1), FILES. */
#ifndef SENDER_KEEP_LETTER_H
#define SENDER_KEEP_LETTER_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>

#include "common/base/limits.h"
#include "sender/keep/moment.h"

/* How to reach the recipient: what the options and the environment said. */
struct way {
	char from[LIMIT_NAME + 1]; /* our name */
	char to[LIMIT_NAME + 1];
	int family; /* AF_UNSPEC, AF_INET, AF_INET6 */
	unsigned port, timeout_s;
	char address[LIMIT_HOST + 1]; /* or empty, as the rest */
	char directory[PATH_MAX];     /* of -d, absolute */
	char variable[PATH_MAX];      /* the same of $CHAT_DIRECTORY */
	char config[PATH_MAX];        /* and without both, $XDG_CONFIG_HOME */
	char key_file[PATH_MAX];      /* absolute */
};

struct letter {
	struct way way;
	uint8_t drawn[SIZE_ID];
	bool id_given; /* so no other id may be drawn */
	int64_t composed;
	struct moment kept;
	unsigned life_s;
	bool batch; /* the text is lines */
};

/* Room for a file: the text, four paths, the other members. */
#define SIZE_LETTER (LIMIT_TEXT + 4 * PATH_MAX + 1024)

/*
 * Spells a file. Returns its size, or 0 if it cannot hold this: a path with
 * control characters, or a time after the year 9999.
 */
size_t letter_spell(const struct letter *letter, const char *text, size_t len,
    char file[SIZE_LETTER]);

/*
 * Reads a file of `size` bytes, which letter_spell() must have made, to the
 * byte. Sets *text, into the file, and *len. Returns 0 or CHAT_EMALFORMED.
 */
int letter_read(const char *file, size_t size, struct letter *letter,
    const char **text, size_t *len);

/* Returns when a message expires, in seconds since the epoch, for people. */
int64_t letter_expires(const struct letter *letter);

/* Returns whether its time is over. */
bool letter_is_over(const struct letter *letter, const struct moment *now);

#endif
