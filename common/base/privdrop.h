/* The one place where a process gives up its rights. */
#ifndef COMMON_BASE_PRIVDROP_H
#define COMMON_BASE_PRIVDROP_H

#include <stdbool.h>
#include <sys/resource.h>
#include <sys/types.h>

/* The user and the root directory of processes that talk to strangers. */
struct jail {
	bool root; /* we are root, and have rights to give up */
	int empty; /* descriptor of an empty directory, or -1 */
	uid_t uid;
	gid_t gid;
	const char *user; /* the name of uid; a constant string */
	rlim_t memory;    /* bytes that we use; children start with as much */
};

/* What a process may still use afterwards. */
struct allowance {
	unsigned descriptors; /* how many it may poll at once */
	bool writes_files;    /* its output is a regular file */
	rlim_t cpu_seconds;   /* RLIM_INFINITY for no limit */
	rlim_t memory;        /* bytes, besides what it has when it starts */
};

/*
 * Fills *jail: finds the user and makes the empty directory, which needs rights
 * that are given up later. An ordinary user needs neither. Returns 0, or
 * CHAT_EIO with errno set and *what set to what could not be done, a constant
 * string.
 */
int privdrop_prepare(struct jail *jail, const char **what);

/*
 * Fills *commands, the jail of commands (-x), from the jail that
 * privdrop_prepare() filled. Commands run as another user, so that they can
 * neither signal nor trace sessions and the keyholder, and get no empty
 * directory. If the system has only one user for both, that user is taken; the
 * caller should warn of it. Returns as privdrop_prepare() does.
 */
int privdrop_commands(
    const struct jail *jail, struct jail *commands, const char **what);

/*
 * Returns what the user can do after a failure of a function here; a constant
 * string.
 */
const char *privdrop_advice(const struct jail *jail);

/*
 * For root: drops supplementary groups, becomes the jail's user and group, and
 * proves that there is no way back. For any other user: does nothing. Returns
 * as privdrop_prepare() does.
 */
int privdrop_user(const struct jail *jail, const char **what);

/*
 * Forbids core files, and tracing by others: for a program that holds secrets.
 * Returns 0, or CHAT_EIO with errno set.
 */
int privdrop_dumps(void);

/*
 * Gives up all rights. For root: chroot to the empty directory, then
 * privdrop_user(). For everybody: is killed with the parent, cannot dump core
 * or be traced, has resource limits, and gets no new privileges. Does this in
 * an order in which no step undoes another. Returns as privdrop_prepare() does;
 * after a failure the caller must not go on.
 */
int privdrop_enter(const struct jail *jail, const struct allowance *allowance,
    const char **what);

#endif
