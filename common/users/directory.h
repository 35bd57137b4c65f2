/*
 * The user directory: where each user listens, and the user's password.
 * chat-users(5) defines the format.
 */
#ifndef COMMON_USERS_DIRECTORY_H
#define COMMON_USERS_DIRECTORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

#include "common/base/limits.h"
#include "common/users/fault.h"
#include "common/users/meanwhile.h"

/* One user. The strings end with NUL and belong to the directory. */
struct user {
	const char *name;
	const char *password;
	const char *host; /* an address or a host name, see host_read() */
	uint16_t port;    /* 1 to 65535 */
	bool shared;      /* another entry has the same password */
};

/* Weaknesses of a directory, which may be used all the same. */
struct weakness {
	const char *exposed;        /* see directory_exposure() */
	const char *short_password; /* user with under WEAK_PASSWORD bytes */
	size_t short_count;
	const char *same_password[2]; /* two users with the same, or NULL */
};
#define WEAKNESSES 3      /* the number of kinds */
#define SIZE_WEAKNESS 256 /* room for the text of one, with its NUL */

/* Contains passwords: the owner frees it with directory_free(). */
struct directory {
	struct user *users; /* in the order of the file */
	size_t count;
	char *strings; /* all names, passwords and hosts; users point here */
	size_t strings_size;
	uint32_t *buckets; /* hash table of names: 1 + index of a user, or 0 */
	size_t buckets_count;
	struct weakness weakness; /* it points here */
};

/*
 * Returns what other users of the system may do to a regular file: "readable by
 * others" and the like, a constant string. Returns NULL if they may do nothing,
 * or if this is not a regular file.
 */
const char *directory_exposure(const struct stat *st);

/*
 * Reads the file at descriptor fd from its offset to the end, and parses it;
 * meanwhile may be NULL. Wipes the buffer that it read into. Returns 0;
 * CHAT_EDIRECTORY with *fault filled in, which never quotes a password;
 * CHAT_EINTERNAL. After an error *directory is empty and need not be freed.
 */
int directory_read(int fd, const struct meanwhile *meanwhile,
    struct directory *directory, struct fault *fault);

/*
 * The same, but keeps only the entries with one of these `count` names; count
 * is at least 1. So memory does not grow with the file. The whole file is
 * checked, with two exceptions: a name that is not wanted may occur twice, and
 * shared passwords are not noticed.
 */
int directory_look_up(int fd, const char *const names[], size_t count,
    struct directory *directory, struct fault *fault);

/* directory_read() for len bytes in memory. The caller wipes them. */
int directory_parse(const char *json, size_t len, struct directory *directory,
    struct fault *fault);

/* Returns the user of that name, which belongs to the directory, or NULL. */
const struct user *directory_find(
    const struct directory *directory, const char *name);

/*
 * Writes a sentence about the weakness of one kind, 0 to WEAKNESSES - 1, and
 * what to do about it. Returns false if there is none of this kind.
 */
bool directory_warning(
    const struct weakness *weakness, int kind, char words[SIZE_WEAKNESS]);

/* Wipes the strings and frees everything. May be called twice. */
void directory_free(struct directory *directory);

/* The same; meanwhile may be NULL. */
void directory_free_beside(
    struct directory *directory, const struct meanwhile *meanwhile);

#endif
