/*
 * Folders on a disk that can fail and lose power: what is certain to be there,
 * and what may be. A change of a folder is there for certain once a folder that
 * it changes was synced; before that, each may be there or not, but none
 * without earlier ones of the same file. A file that was not synced may be
 * whole, cut off or empty.
 */
#ifndef TESTS_UNIT_FOLDERS_H
#define TESTS_UNIT_FOLDERS_H

#include <fcntl.h>
#include <libgen.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sender/keep/queue.h"
#include "tests/unit/plan.h"

#define NODES 256 /* files and folders, ever */
#define ENTRIES 64
#define PENDING 20
#define TOP 0 /* the node of the folder that has all */

/* A file or a folder. */
struct node {
	ino_t inode;
	bool folder;
	bool synced, lost; /* of a file: `lost` once a sync has failed */
	char bytes[1024];
	size_t size;
};

/* A name in a folder. */
struct entry {
	int folder, node;
	char name[SIZE_LONG_NAME];
};

/* A change: this entry goes, that one comes; `folder` is -1 for none. */
struct change {
	struct entry from, to;
};

static struct folders {
	struct node nodes[NODES];
	int count;
	struct entry disk[ENTRIES];
	int entries;
	struct change pending[PENDING];
	int changes;
} folders;

/* The node of a file or a folder, which is a new one the first time. */
static inline int
folders_node(const struct stat *st)
{
	for (int i = 0; i < folders.count; i++)
		if (folders.nodes[i].inode == st->st_ino)
			return i;
	ck_assert_int_lt(folders.count, NODES);
	folders.nodes[folders.count] =
	    (struct node){.inode = st->st_ino, .folder = S_ISDIR(st->st_mode)};
	return folders.count++;
}

static inline int
folders_of(int fd)
{
	struct stat st;

	ck_assert_int_eq(fstat(fd, &st), 0);
	return folders_node(&st);
}

/* Forgets all; this folder is there, and empty. */
static inline void
folders_start(const char *top)
{
	struct stat st;

	memset(&folders, 0, sizeof(folders));
	ck_assert_int_eq(stat(top, &st), 0);
	ck_assert_int_eq(folders_node(&st), TOP);
}

static inline void
folders_remove(struct entry list[ENTRIES], int *count, const struct entry *gone,
    bool any_node)
{
	for (int i = 0; i < *count; i++)
		if (list[i].folder == gone->folder &&
		    (any_node || list[i].node == gone->node) &&
		    strcmp(list[i].name, gone->name) == 0)
			list[i--] = list[--*count];
}

static inline void
folders_apply(
    struct entry list[ENTRIES], int *count, const struct change *change)
{
	if (change->from.folder != -1)
		folders_remove(list, count, &change->from, false);
	if (change->to.folder == -1)
		return;
	folders_remove(list, count, &change->to, true);
	ck_assert_int_lt(*count, ENTRIES);
	list[(*count)++] = change->to;
}

static inline int
folders_node_of(const struct change *change)
{
	return change->to.folder != -1 ? change->to.node : change->from.node;
}

/* Once nothing happens any more, nothing is noted. */
static inline bool
folders_rest(void)
{
	return plan.at == -1;
}

/* Returns a new node for what was made; its number may have been used. */
static inline int
folders_new(const struct stat *st)
{
	for (int i = 0; i < folders.count; i++)
		if (folders.nodes[i].inode == st->st_ino)
			folders.nodes[i].inode = 0;
	return folders_node(st);
}

/* Notes a change; names are NULL for none. */
static inline void
folders_change(
    int node, int from, const char *name, int to, const char *to_name)
{
	struct change *change = &folders.pending[folders.changes++];

	ck_assert_int_lt(folders.changes, PENDING);
	*change = (struct change){.from = {name != NULL ? from : -1, node, ""},
	    .to = {to_name != NULL ? to : -1, node, ""}};
	if (name != NULL)
		(void)strlcpy(
		    change->from.name, name, sizeof(change->from.name));
	if (to_name != NULL)
		(void)strlcpy(
		    change->to.name, to_name, sizeof(change->to.name));
}

/* Whether a change is there for certain after a sync of this folder. */
static inline bool
folders_settles(int change, int folder)
{
	int node = folders_node_of(&folders.pending[change]);

	for (int i = change; i < folders.changes; i++)
		if (folders_node_of(&folders.pending[i]) == node &&
		    (folders.pending[i].from.folder == folder ||
			folders.pending[i].to.folder == folder))
			return true;
	return false;
}

static inline void
folders_sync(int folder)
{
	bool settled[PENDING];
	int left = 0;

	for (int i = 0; i < folders.changes; i++)
		settled[i] = folders_settles(i, folder);
	for (int i = 0; i < folders.changes; i++)
		if (settled[i])
			folders_apply(folders.disk, &folders.entries,
			    &folders.pending[i]);
		else
			folders.pending[left++] = folders.pending[i];
	folders.changes = left;
}

/* Whether a sync says that it failed. */
static inline bool
folders_sync_fails(void)
{
	errno = EIO;
	return plan_has(FAILS) || plan_has(FAILS_THERE);
}

static inline int
folders_fsync(int fd)
{
	struct node *file;
	bool fails;
	int node;

	if (folders_rest())
		return 0;
	node = folders_of(fd);
	file = &folders.nodes[node];
	plan_call();
	if (!plan_has(FAILS) && file->folder)
		folders_sync(node);
	else if (!plan_has(FAILS))
		file->synced = !file->lost;
	else
		file->lost = true;
	fails = folders_sync_fails();
	if (!fails)
		plan_return();
	return fails ? -1 : 0;
}

/* Whether a change fails; then nothing of it is there. */
static inline bool
folders_fails(void)
{
	plan_call();
	errno = ENOSPC;
	return plan_has(FAILS);
}

static inline int
folders_create(int folder, const char *name)
{
	struct stat st;
	int fd;

	if (folders_fails())
		return -1;
	fd =
	    openat(folder, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	ck_assert_int_ne(fd, -1);
	if (folders_rest())
		return fd;
	ck_assert_int_eq(fstat(fd, &st), 0);
	folders_change(folders_new(&st), 0, NULL, folders_of(folder), name);
	plan_return();
	return fd;
}

static inline ssize_t
folders_pwrite(int fd, const void *bytes, size_t len, off_t offset)
{
	struct node *file;

	if (folders_rest())
		return pwrite(fd, bytes, len, offset);
	file = &folders.nodes[folders_of(fd)];
	if (folders_fails())
		return -1;
	if (plan_has(KILLED_HALF))
		len /= 2;
	ck_assert_int_eq(pwrite(fd, bytes, len, offset), (ssize_t)len);
	ck_assert_uint_le((size_t)offset + len, sizeof(file->bytes));
	memcpy(file->bytes + offset, bytes, len);
	file->size = (size_t)offset + len;
	if (plan_has(KILLED_HALF))
		longjmp(plan.process, 1);
	plan_return();
	return (ssize_t)len;
}

static inline int
folders_renameat(
    int folder, const char *name, int to_folder, const char *to_name)
{
	struct stat st;

	if (folders_rest())
		return renameat(folder, name, to_folder, to_name);
	if (folders_fails())
		return -1;
	ck_assert_int_eq(fstatat(folder, name, &st, 0), 0);
	ck_assert_int_eq(renameat(folder, name, to_folder, to_name), 0);
	folders_change(folders_node(&st), folders_of(folder), name,
	    folders_of(to_folder), to_name);
	plan_return();
	return 0;
}

static inline int
folders_unlinkat(int folder, const char *name, int flags)
{
	struct stat st;

	if (folders_rest())
		return unlinkat(folder, name, flags);
	if (folders_fails() || fstatat(folder, name, &st, 0) != 0)
		return -1;
	ck_assert_int_eq(unlinkat(folder, name, flags), 0);
	folders_change(folders_node(&st), folders_of(folder), name, 0, NULL);
	plan_return();
	return 0;
}

/* `folder` may be AT_FDCWD, and then `name` has the folders above. */
static inline int
folders_mkdirat(int folder, const char *name, mode_t mode)
{
	char path[PATH_MAX], above[PATH_MAX];
	struct stat st, of_above;

	if (folders_rest())
		return mkdirat(folder, name, mode);
	if (folders_fails() || mkdirat(folder, name, mode) != 0)
		return -1;
	(void)strlcpy(path, name, sizeof(path));
	(void)strlcpy(above, name, sizeof(above));
	ck_assert_int_eq(fstatat(folder, name, &st, 0), 0);
	ck_assert_int_eq(fstatat(folder, dirname(above), &of_above, 0), 0);
	folders_change(
	    folders_new(&st), 0, NULL, folders_node(&of_above), basename(path));
	plan_return();
	return 0;
}

/* How much of a file that was not synced is there. */
enum rest { REST_ALL, REST_HALF, REST_NONE, RESTS };

static inline void
folders_make_file(const char *path, const struct node *file, enum rest rest)
{
	size_t size = file->synced || rest == REST_ALL ? file->size
	    : rest == REST_HALF                        ? file->size / 2
						       : 0;
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

	ck_assert_int_ne(fd, -1);
	ck_assert_int_eq(write(fd, file->bytes, size), (ssize_t)size);
	(void)close(fd);
}

/* Makes what is in a folder of the disk. */
static inline void
folders_make(const char *path, int folder, const struct entry list[ENTRIES],
    int count, enum rest rest)
{
	char below[PATH_MAX];

	for (int i = 0; i < count; i++) {
		const struct node *node = &folders.nodes[list[i].node];

		if (list[i].folder != folder)
			continue;
		ck_assert_int_lt(
		    snprintf(below, sizeof(below), "%s/%s", path, list[i].name),
		    (int)sizeof(below));
		if (!node->folder) {
			folders_make_file(below, node, rest);
			continue;
		}
		ck_assert_int_eq(mkdir(below, 0700), 0);
		folders_make(below, list[i].node, list, count, rest);
	}
}

/* Whether these changes may be there without the others. */
static inline bool
folders_may_be(unsigned long chosen)
{
	for (int i = 0; i < folders.changes; i++)
		for (int j = 0; j < i; j++)
			if ((chosen >> i & 1) != 0 && (chosen >> j & 1) == 0 &&
			    folders_node_of(&folders.pending[i]) ==
				folders_node_of(&folders.pending[j]))
				return false;
	return true;
}

static inline bool
folders_are_synced(const struct entry list[ENTRIES], int count)
{
	bool synced = true;

	for (int i = 0; i < count; i++)
		synced &= folders.nodes[list[i].node].folder ||
		    folders.nodes[list[i].node].synced;
	return synced;
}

/* The power goes: calls try() with each state of the disk, made in `path`. */
static inline void
folders_lose_power(const char *path, void (*clear)(const char *path),
    void (*try)(const char *when))
{
	static struct entry list[ENTRIES];

	for (unsigned long chosen = 0; chosen < 1UL << folders.changes;
	    chosen++) {
		int count = folders.entries;
		char when[64];

		if (!folders_may_be(chosen))
			continue;
		memcpy(list, folders.disk, sizeof(list));
		for (int i = 0; i < folders.changes; i++)
			if ((chosen >> i & 1) != 0)
				folders_apply(
				    list, &count, &folders.pending[i]);
		for (enum rest rest = 0; rest < RESTS; rest++) {
			if (rest > 0 && folders_are_synced(list, count))
				break;
			clear(path);
			folders_make(path, TOP, list, count, rest);
			(void)snprintf(when, sizeof(when),
			    "after changes %lx, rest %d", chosen, (int)rest);
			try(when);
		}
	}
}

#endif
