/*
 * JSON (RFC 8259), read strictly, value by value, so that a tree of a large
 * file never exists. cJSON decodes what takes more than a look: the characters
 * of a string with escapes, and a number that is not a few digits.
 */
#ifndef COMMON_USERS_JSON_H
#define COMMON_USERS_JSON_H

#include <cJSON.h>
#include <stdbool.h>
#include <stddef.h>

#include "common/users/fault.h"

/* A place in a document. The functions move it over what they read. */
struct json {
	const char *next, *end;
	unsigned long line; /* of next, counted from 1 */
	bool inside;        /* what a fault might quote can be a password */
	struct fault *fault;
};

/* The characters of a string, which need not end with NUL. */
struct json_text {
	const char *bytes;
	size_t len;
	bool plain;  /* printable ASCII, spelled without escapes */
	cJSON *tree; /* what they are in; NULL: in the document */
};

/*
 * From here on cJSON wipes every piece of memory before it frees it: parsed
 * passwords would stay in the heap otherwise. Once in a process.
 */
void json_set_up(void);

/* Passes over white space. Returns the next byte, or -1 at the end. */
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
 * Passes over white space and a byte, which must be c. Returns 0, or
 * CHAT_EDIRECTORY with the fault filled in: another is there; `wanted` says
 * what should be.
 */
int json_take(struct json *json, char c, const char *wanted);

/*
 * Fills in a fault that says what is there in the place of what is wanted,
 * and what to do about it. Returns CHAT_EDIRECTORY.
 */
int json_unexpected(struct json *json, const char *wanted);

/*
 * Reads the string at next. Returns 0, or CHAT_EDIRECTORY with the fault
 * filled in. Either way json_free() then frees what the text has, wiped.
 */
int json_string(struct json *json, struct json_text *text);

void json_free(struct json_text *text);

/* Whether a number starts with this byte. */
bool json_starts_number(int c);

/* Reads the number at next. Returns 0 or CHAT_EDIRECTORY. */
int json_number(struct json *json, double *number);

/*
 * Reads the list at next: calls item at each of its values, which has to read
 * it. Returns 0, CHAT_EDIRECTORY, or what item returns when that is not 0.
 */
typedef int json_item(struct json *json, void *arg);
int json_list(struct json *json, json_item *item, void *arg);

/* The same for the object at next, with the key of each value. */
typedef int json_member(
    struct json *json, const struct json_text *key, void *arg);
int json_object(struct json *json, json_member *member, void *arg);

/*
 * Passes over a value of any kind, with at most so many brackets and braces
 * within another. Returns 0 or CHAT_EDIRECTORY.
 */
int json_pass(struct json *json, unsigned most);

#endif
