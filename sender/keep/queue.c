/* The folders and files of the spool. */
#include "sender/keep/queue.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "common/base/crc32.h"
#include "common/base/error.h"
#include "common/base/file.h"
#include "common/base/hex.h"
#include "common/base/name.h"
#include "common/base/text.h"

#define FOLDER_FLAGS (O_RDONLY | O_DIRECTORY | O_CLOEXEC)
#define FOLDER_MODE 0700
#define HEX "0123456789abcdef"

/* Returns a variable that is set and not empty, else NULL. */
static const char *
variable(const char *name)
{
	const char *value = getenv(name);

	return value == NULL || *value == '\0' ? NULL : value;
}

/* Finds the path of the spool. Returns false if no variable names a place. */
static bool
find_path(char path[PATH_MAX])
{
	const char *base;
	int len;

	if ((base = variable("STATE_DIRECTORY")) != NULL)
		/* A service manager may name several. */
		len = snprintf(path, PATH_MAX, "%.*s/spool",
		    (int)strcspn(base, ":"), base);
	else if ((base = variable("XDG_STATE_HOME")) != NULL)
		len = snprintf(path, PATH_MAX, "%s/chat/spool", base);
	else if ((base = variable("HOME")) != NULL)
		len = snprintf(
		    path, PATH_MAX, "%s/.local/state/chat/spool", base);
	else
		return false;
	return path[0] == '/' && len < PATH_MAX;
}

/*
 * Makes a folder, unless it is there, and puts it on the disk. Whoever made it
 * may have died before that, if it is in a folder in which we could make it.
 */
static int
make_folder(const struct medium *medium, const char *path)
{
	char above[PATH_MAX];
	int fd, error;

	(void)snprintf(above, sizeof(above), "%.*s/",
	    (int)(strrchr(path, '/') - path), path);
	if (medium->mkdirat(AT_FDCWD, path, FOLDER_MODE) != 0) {
		if (errno != EEXIST)
			return CHAT_EIO;
		if (access(above, R_OK | W_OK) != 0)
			return CHAT_OK;
	}
	if ((fd = open(above, FOLDER_FLAGS)) == -1)
		return CHAT_EIO;
	error = medium->fsync(fd);
	(void)close(fd);
	return error == 0 ? CHAT_OK : CHAT_EIO;
}

/*
 * Makes the spool and the folders above it. Once the spool is there, those are
 * on the disk.
 */
static int
make_folders(const struct medium *medium, const char *path)
{
	char part[PATH_MAX], *slash = part;

	(void)strlcpy(part, path, sizeof(part));
	while ((slash = strchr(slash + 1, '/')) != NULL) {
		*slash = '\0';
		if (make_folder(medium, part) != 0)
			return CHAT_EIO;
		*slash = '/';
	}
	return make_folder(medium, path);
}

/* Checks that nobody else can put messages there, or take them out. */
static enum send_exit
check_folder(int fd, const char *path, struct failure *failure)
{
	struct stat st;

	if (fstat(fd, &st) != 0)
		return failure_of_system(failure, SEND_IO, "%s", QUOTED(path));
	if (st.st_uid != geteuid())
		return failure_set(failure, SEND_IO,
		    "%.256s: this spool belongs to somebody else; set XDG_STATE_HOME to a place of your own",
		    QUOTED(path));
	if ((st.st_mode & (S_IWGRP | S_IWOTH)) != 0)
		return failure_set(failure, SEND_IO,
		    "%.256s: this spool may be written by others; chmod 700 keeps them out",
		    QUOTED(path));
	return SEND_OK;
}

enum send_exit
spool_open(struct spool *spool, const struct medium *medium, bool create,
    struct failure *failure)
{
	*spool = (struct spool){.fd = NO_FOLDER, .medium = medium};
	if (!find_path(spool->path))
		return failure_set(failure, SEND_IO,
		    "no place for the spool: set HOME or XDG_STATE_HOME to an absolute path");
	spool->fd = open(spool->path, FOLDER_FLAGS | O_NOFOLLOW);
	if (spool->fd == -1 && errno == ENOENT && create &&
	    make_folders(medium, spool->path) == 0)
		spool->fd = open(spool->path, FOLDER_FLAGS | O_NOFOLLOW);
	if (spool->fd == -1)
		return !create && errno == ENOENT
		    ? SEND_OK
		    : failure_of_system(
			  failure, SEND_IO, "%s", QUOTED(spool->path));
	return check_folder(spool->fd, spool->path, failure);
}

void
spool_close(struct spool *spool)
{
	if (spool->fd != NO_FOLDER)
		(void)close(spool->fd);
	spool->fd = NO_FOLDER;
}

/* Syncs the folders in which the queue and the spool are. */
static int
sync_above(const struct spool *spool)
{
	int above = openat(spool->fd, "..", FOLDER_FLAGS), error;

	error = above == -1 ? -1 : spool->medium->fsync(above);
	if (above != -1)
		(void)close(above);
	return error == 0 && spool->medium->fsync(spool->fd) == 0 ? CHAT_OK
								  : CHAT_EIO;
}

enum send_exit
queue_open(const struct spool *spool, const char *name, bool create,
    struct queue *queue, struct failure *failure)
{
	char path[PATH_MAX + SIZE_QUEUE_NAME];

	*queue = (struct queue){NO_FOLDER, spool->medium};
	(void)snprintf(path, sizeof(path), "%s/%s", spool->path, name);
	if (create &&
	    ((spool->medium->mkdirat(spool->fd, name, FOLDER_MODE) != 0 &&
		 errno != EEXIST) ||
		sync_above(spool) != 0))
		return failure_of_system(failure, SEND_IO, "%s", QUOTED(path));
	queue->fd = openat(spool->fd, name, FOLDER_FLAGS | O_NOFOLLOW);
	if (queue->fd == -1)
		return !create && errno == ENOENT
		    ? SEND_OK
		    : failure_of_system(failure, SEND_IO, "%s", QUOTED(path));
	if (check_folder(queue->fd, path, failure) == SEND_OK)
		return SEND_OK;
	queue_close(queue);
	return SEND_IO;
}

void
queue_close(struct queue *queue)
{
	if (queue->fd != NO_FOLDER) {
		(void)flock(queue->fd, LOCK_UN);
		(void)close(queue->fd);
	}
	queue->fd = NO_FOLDER;
}

static uint32_t
add_string(uint32_t sum, const char *string)
{
	return crc32_add(sum, string, strlen(string) + 1);
}

void
queue_name(const struct way *way, char name[SIZE_QUEUE_NAME])
{
	char numbers[48];
	uint32_t sum = 0;

	(void)snprintf(
	    numbers, sizeof(numbers), "%d %u", way->family, way->port);
	sum = add_string(sum, numbers);
	sum = add_string(sum, way->from);
	sum = add_string(sum, way->address);
	sum = add_string(sum, way->directory);
	sum = add_string(sum, way->variable);
	sum = add_string(sum, way->config);
	sum = add_string(sum, way->key_file);
	(void)snprintf(name, SIZE_QUEUE_NAME, "%s~%08" PRIx32, way->to, sum);
}

bool
queue_is_name(const char *name)
{
	size_t len = strcspn(name, "~");

	return name_valid(name, len) && name[len] == '~' &&
	    strspn(name + len + 1, HEX) == 8 && name[len + 9] == '\0';
}

bool
queue_lock(const struct queue *queue)
{
	return flock(queue->fd, LOCK_EX | LOCK_NB) == 0;
}

void
queue_new_file(const uint8_t id[SIZE_ID], char name[SIZE_FILE_NAME])
{
	static int64_t last_ns;
	char hex[2 * SIZE_ID + 1];
	struct timespec now;
	int64_t now_ns;

	(void)clock_gettime(CLOCK_REALTIME, &now);
	now_ns = (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
	last_ns = now_ns > last_ns ? now_ns : last_ns + 1;
	hex_encode(id, SIZE_ID, hex);
	(void)snprintf(
	    name, SIZE_FILE_NAME, "%016" PRIx64 "-%s", (uint64_t)last_ns, hex);
}

bool
queue_is_file(const char *name)
{
	return strspn(name, HEX) == LEN_TIME && name[LEN_TIME] == '-' &&
	    strspn(name + LEN_TIME + 1, HEX) == (size_t)2 * SIZE_ID &&
	    name[LEN_FILE_NAME] == '\0';
}

void
queue_spell_id(const char *file, char id[2 * SIZE_ID + 1])
{
	memcpy(id, file + LEN_TIME + 1, (size_t)2 * SIZE_ID);
	id[2 * SIZE_ID] = '\0';
}

/* Removes what could not be completed. Keeps errno. */
static int
undo(const struct queue *queue, const char *name)
{
	int saved = errno;

	(void)queue->medium->unlinkat(queue->fd, name, 0);
	errno = saved;
	return CHAT_EIO;
}

int
queue_replace(const struct queue *queue, const char *name, const char *file,
    size_t size, bool sync)
{
	const struct medium *medium = queue->medium;
	char beside[64];
	int fd, error;

	(void)snprintf(
	    beside, sizeof(beside), INCOMPLETE "%08" PRIx32, arc4random());
	if ((fd = medium->create(queue->fd, beside)) == -1)
		return CHAT_EIO;
	error = file_write(medium->pwrite, fd, file, size, 0);
	if (error == 0 && sync && medium->fsync(fd) != 0)
		error = CHAT_EIO;
	(void)close(fd);
	if (error != 0 ||
	    medium->renameat(queue->fd, beside, queue->fd, name) != 0)
		return undo(queue, beside);
	return !sync || medium->fsync(queue->fd) == 0 ? CHAT_OK : CHAT_EIO;
}

int
queue_put(
    const struct queue *queue, const char *name, const char *file, size_t size)
{
	return queue_replace(queue, name, file, size, true) == 0
	    ? CHAT_OK
	    : undo(queue, name);
}

/* Reads all of a file. Returns 0, CHAT_EIO or CHAT_EMALFORMED. */
static int
read_file(int fd, char file[SIZE_LETTER], size_t *size)
{
	struct stat st;
	ssize_t n;

	if (fstat(fd, &st) != 0)
		return CHAT_EIO;
	if (!S_ISREG(st.st_mode) || st.st_size > (off_t)SIZE_LETTER)
		return CHAT_EMALFORMED;
	if ((n = read(fd, file, SIZE_LETTER)) == -1)
		return CHAT_EIO;
	*size = (size_t)n;
	return n == (ssize_t)st.st_size ? CHAT_OK : CHAT_EMALFORMED;
}

int
queue_get(int folder, const char *name, char file[SIZE_LETTER],
    struct letter *letter, const char **text, size_t *len)
{
	int fd = openat(
	    folder, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	int error, saved;
	size_t size;

	if (fd == -1) /* a symbolic link, or a socket */
		return errno == ELOOP || errno == ENXIO ? CHAT_EMALFORMED
							: CHAT_EIO;
	error = read_file(fd, file, &size);
	saved = errno;
	(void)close(fd);
	errno = saved;
	return error == 0 ? letter_read(file, size, letter, text, len) : error;
}

int
queue_remove(const struct queue *queue, const char *name, bool sync)
{
	if (queue->medium->unlinkat(queue->fd, name, 0) != 0 && errno != ENOENT)
		return CHAT_EIO;
	return !sync || queue->medium->fsync(queue->fd) == 0 ? CHAT_OK
							     : CHAT_EIO;
}
