/*
 * The user directory: where each user listens, and with which password.
 * chat-users(5) has the format and its rules.
 */
#ifndef COMMON_USERS_DIRECTORY_H
#define COMMON_USERS_DIRECTORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

#include "common/base/limits.h"
#include "common/users/fault.h"

/* One entry. The strings end with NUL and belong to the directory. */
struct user {
	const char *name;
	const char *password;
	const char *host; /* an address or a host name */
	uint16_t port;    /* 1 to 65535 */
	bool shared;      /* another entry has the same password */
};

/* Holds passwords: whoever has one calls directory_free(). */
struct directory {
	struct user *users; /* in the order of the file */
	size_t count;
	char *strings; /* what the users point to */
	size_t strings_size;
	uint32_t *slots; /* hash table: 1 + index of a user, or 0 */
	size_t slots_count;
	const char *exposed;  /* see directory_exposure() */
	const char *twins[2]; /* two users with one password, or NULL */
};

/* What is weak about a directory, though it may be used. */
struct weakness {
	const char *exposed;        /* see directory_exposure() */
	const char *short_password; /* a user with under WEAK_PASSWORD bytes */
	size_t short_count;
	const char *same_password[2]; /* two who have the same one */
};
#define WEAKNESSES 3      /* kinds of them */
#define SIZE_WEAKNESS 256 /* room for the words of one, with its NUL */

/*
 * What others may do to a file of passwords: words such as "readable by
 * others", or NULL when that is nothing, or it is not a file.
 */
const char *directory_exposure(const struct stat *st);

/*
 * Reads the file at fd from where it stands to its end, and parses it. The
 * copy read is wiped. Returns 0; CHAT_EDIRECTORY with fault filled in, which
 * never quotes a password; CHAT_EINTERNAL. On failure the directory is empty
 * and needs no free.
 */
int directory_read(int fd, struct directory *directory, struct fault *fault);

/*
 * The same, but keeps only the entries of these names, of which there is at
 * least one: what this costs beyond reading does not grow with the file. The
 * whole file is checked, except that other names may be in it twice; and no
 * user is known to share a password.
 */
int directory_look_up(int fd, const char *const names[], size_t count,
    struct directory *directory, struct fault *fault);

/* directory_read() for len bytes in memory, which stay the caller's to wipe. */
int directory_parse(const char *json, size_t len, struct directory *directory,
    struct fault *fault);

/* The user of that name, or NULL. */
const struct user *directory_find(
    const struct directory *directory, const char *name);

/* Looks for weak passwords. */
void directory_weakness(
    const struct directory *directory, struct weakness *weakness);

/*
 * Words for the weakness of one kind, 0 to WEAKNESSES - 1, and for what to
 * do about it. Returns false when there is none of this kind.
 */
bool directory_warning(
    const struct weakness *weakness, int kind, char words[SIZE_WEAKNESS]);

/* Wipes and frees. May be called twice. */
void directory_free(struct directory *directory);

#endif
