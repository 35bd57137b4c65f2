/* The one door through which a process gives up its rights. */
#ifndef COMMON_BASE_PRIVDROP_H
#define COMMON_BASE_PRIVDROP_H

#include <stdbool.h>
#include <sys/resource.h>
#include <sys/types.h>

/* Where and as whom processes live that strangers talk to. */
struct jail {
	bool root; /* we are root, and so have much to give up */
	int empty; /* an empty directory that cannot be entered again */
	uid_t uid;
	gid_t gid;
	const char *user; /* its name */
	rlim_t memory;    /* bytes that we have, and who is forked from us */
};

/* What a role may still use. */
struct allowance {
	unsigned descriptors; /* how many may be polled at once */
	bool writes_files;    /* output is a regular file */
	rlim_t cpu_seconds;   /* RLIM_INFINITY for none */
	rlim_t memory;        /* bytes, besides what we have when we start */
};

/*
 * Finds the user and makes the directory, while that is still possible. As
 * an ordinary user there is nothing to prepare. Returns 0, or CHAT_EIO with
 * errno set and *what saying what could not be done.
 */
int privdrop_prepare(struct jail *jail, const char **what);

/*
 * The jail of commands, once that of sessions and the keyholder was prepared:
 * another user, so that they can neither signal nor trace those, and no empty
 * directory. Where there is only one user for both, it is the same; whoever
 * calls should then warn. Returns as privdrop_prepare().
 */
int privdrop_commands(
    const struct jail *jail, struct jail *commands, const char **what);

/* What to do where one of the functions here failed. */
const char *privdrop_way_out(const struct jail *jail);

/*
 * For root: no groups, the jail's user and group, and a proof that there is
 * no way back. For everybody else: nothing. Returns as privdrop_prepare().
 */
int privdrop_user(const struct jail *jail, const char **what);

/*
 * For root: chroot to the empty directory, no groups, the jail's user, and a
 * proof that there is no way back. For everybody: killed with the parent, not
 * dumpable or traceable, resource limits, no new privileges. In the order in
 * which one does not undo the other. Returns as privdrop_prepare(); after a
 * failure the caller must not go on.
 */
int privdrop_enter(const struct jail *jail, const struct allowance *allowance,
    const char **what);

#endif
