/* The file of the log. */
#include "listener/parent/logfile.h"

#include <dirent.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "listener/parent/opening.h"
#include "listener/recorder/recorder.h"

#define NO_FD (-1)
/* O_NONBLOCK: a FIFO, which is refused, must not hold us up. */
#define TO_WRITE (O_RDWR | O_CREAT | O_NONBLOCK)
#define TO_READ (O_RDONLY | O_NONBLOCK)

int
logfile_start(const struct options *options)
{
	return opening_start(options->log, options->check ? TO_READ : TO_WRITE);
}

int
logfile_end(int opening, const char **why)
{
	int fd = opening_end(opening);
	struct stat st;

	*why = NULL;
	if (fd != -1 && (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode))) {
		*why = "not a regular file";
		(void)close(fd);
		fd = -1;
	}
	return fd;
}

/* A file with a name that a rotation may have given it. */
struct rotated {
	int fd;
	struct timespec changed;
};

static int
by_age(const void *a, const void *b)
{
	const struct timespec *one = &((const struct rotated *)a)->changed;
	const struct timespec *other = &((const struct rotated *)b)->changed;

	return one->tv_sec != other->tv_sec
	    ? (one->tv_sec < other->tv_sec) - (one->tv_sec > other->tv_sec)
	    : (one->tv_nsec < other->tv_nsec) - (one->tv_nsec > other->tv_nsec);
}

/* Opens a file of the folder. Returns whether it is a regular file. */
static bool
open_rotated(int folder, const char *name, int flags, struct rotated *rotated)
{
	struct stat st;

	rotated->fd =
	    openat(folder, name, flags | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC);
	if (rotated->fd == -1)
		return false;
	if (fstat(rotated->fd, &st) != 0 || !S_ISREG(st.st_mode)) {
		(void)close(rotated->fd);
		return false;
	}
	rotated->changed = st.st_mtim;
	return true;
}

static bool
is_rotated(const char *name, const char *base)
{
	size_t len = strlen(base);

	return strncmp(name, base, len) == 0 &&
	    (name[len] == '.' || name[len] == '-') && name[len + 1] != '\0';
}

/* Keeps the newest `most` of count + 1 files. Returns their number. */
static size_t
keep_newest(struct rotated list[], size_t count, size_t most)
{
	qsort(list, count + 1, sizeof(*list), by_age);
	if (count < most)
		return count + 1;
	(void)close(list[most].fd);
	return most;
}

/* Opens the folder of the log, and sets *base to its name there. */
static DIR *
open_folder(const struct options *options, const char **base)
{
	char path[PATH_MAX];
	const char *slash = strrchr(options->log, '/');

	*base = slash == NULL ? options->log : slash + 1;
	if (slash == NULL)
		return opendir(".");
	(void)snprintf(path, sizeof(path), "%.*s",
	    (int)(slash - options->log) + 1, options->log);
	return opendir(path);
}

bool
logfile_has_folder(const struct options *options)
{
	const char *base;
	DIR *folder = open_folder(options, &base);

	if (folder == NULL)
		return false;
	(void)closedir(folder);
	return true;
}

size_t
logfile_older(const struct options *options, int older[], size_t most)
{
	struct rotated list[most + 1];
	const struct dirent *entry;
	const char *base;
	size_t count = 0;
	DIR *folder;

	if ((folder = open_folder(options, &base)) == NULL)
		return 0;
	memset(list, 0, sizeof(list)); /* for analyzers */
	while ((entry = readdir(folder)) != NULL)
		if (is_rotated(entry->d_name, base) &&
		    open_rotated(dirfd(folder), entry->d_name,
			options->check ? O_RDONLY : O_RDWR, &list[count]))
			count = keep_newest(list, count, most);
	(void)closedir(folder);
	for (size_t i = 0; i < count; i++)
		older[i] = list[i].fd;
	return count;
}

void
reopening_init(struct reopening *reopening)
{
	reopening->opening = NO_FD;
	reopening->again = false;
}

static void
give_up(const struct parent *parent, const char *why)
{
	if (why != NULL)
		warnx("%s: not opened again: %s", parent->options->shown_log,
		    why);
	else
		warn("%s: not opened again", parent->options->shown_log);
	recorder_pass_nothing(parent->recorder_control);
}

bool
reopening_start(struct reopening *reopening, const struct parent *parent)
{
	reopening->again = reopening->opening != NO_FD;
	if (reopening->again)
		return false;
	reopening->opening = logfile_start(parent->options);
	if (reopening->opening == NO_FD)
		give_up(parent, NULL);
	return reopening->opening != NO_FD;
}

bool
reopening_end(struct reopening *reopening, const struct parent *parent)
{
	const char *why;
	int fd = logfile_end(reopening->opening, &why);
	bool again = reopening->again;

	reopening_init(reopening);
	if (!again && fd == NO_FD)
		give_up(parent, why);
	else if (!again &&
	    recorder_pass(parent->recorder_control, fd, NULL, 0) != 0)
		give_up(parent, "the recorder does not answer");
	if (fd != NO_FD)
		(void)close(fd);
	return again && reopening_start(reopening, parent);
}
