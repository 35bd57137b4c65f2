/*
 * JSON (RFC 8259), parsed strictly and value by value, so that there is never a
 * tree of a large file. cJSON decodes only strings with escapes, and numbers
 * that are more than a few digits.
 */
#ifndef COMMON_USERS_JSON_H
#define COMMON_USERS_JSON_H

#include <cJSON.h>
#include <stdbool.h>
#include <stddef.h>

#include "common/users/fault.h"

/* A position in a document. The functions move it behind what they read. */
struct json {
	const char *next, *end;
	unsigned long line; /* the line of next, counted from 1 */
	bool inside;        /* letters may be a password's: do not quote them */
	struct fault *fault;
};

/* The characters of a string. They need not end with NUL. */
struct json_text {
	const char *bytes;
	size_t len;
	bool plain;  /* printable ASCII, without escapes */
	cJSON *tree; /* owns the bytes; NULL if they are in the document */
};

/*
 * Makes cJSON wipe memory before it frees it, so that no password stays in the
 * heap. Once in a process is enough.
 */
void json_set_up(void);

/*
 * Skips white space. Returns the next byte, which is not consumed, or -1 at the
 * end.
 */
static inline int
json_peek(struct json *json)
{
	for (; json->next < json->end; json->next++) {
		if (*json->next == '\n')
			json->line++;
		else if (*json->next != ' ' && *json->next != '\t' &&
		    *json->next != '\r')
			return (unsigned char)*json->next;
	}
	return -1;
}

/*
 * Skips white space and takes one byte, which must be c. Returns 0, or
 * CHAT_EDIRECTORY with a fault that says that `wanted` should be there.
 */
int json_take(struct json *json, char c, const char *wanted);

/*
 * Fills in a fault: what was found, what was wanted, and what to do about it.
 * Returns CHAT_EDIRECTORY.
 */
int json_unexpected(struct json *json, const char *wanted);

/*
 * Reads the string at json->next. Returns 0, or CHAT_EDIRECTORY with the fault
 * filled in. In both cases the caller calls json_free(), which frees the text,
 * and wipes it if json_set_up() was called.
 */
int json_string(struct json *json, struct json_text *text);

void json_free(struct json_text *text);

/* Returns whether a number can start with this byte. */
bool json_starts_number(int c);

/*
 * Reads the number at json->next. Returns 0, or CHAT_EDIRECTORY with the fault
 * filled in.
 */
int json_number(struct json *json, double *number);

/*
 * Reads the list at json->next. Calls item for each value; item must read the
 * value, and returns 0 to go on. Returns 0, CHAT_EDIRECTORY with the fault
 * filled in, or what item returned if that was not 0.
 */
typedef int json_item(struct json *json, void *arg);
int json_list(struct json *json, json_item *item, void *arg);

/*
 * The same for the object at json->next. `key` is the key of the value; it is
 * freed when member returns.
 */
typedef int json_member(
    struct json *json, const struct json_text *key, void *arg);
int json_object(struct json *json, json_member *member, void *arg);

/*
 * Skips a value of any kind, in which brackets and braces are nested at most
 * `most` deep. Returns 0, or CHAT_EDIRECTORY with the fault filled in.
 */
int json_skip(struct json *json, unsigned most);

#endif
