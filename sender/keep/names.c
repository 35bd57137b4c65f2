/* The names in a folder of the spool. */
#include "sender/keep/names.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/base/error.h"

#define STEP 64 /* names */

/* Opens a folder for one reading: the descriptor may be shared. */
static DIR *
open_names(int folder)
{
	int fd = openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fd == -1 ? NULL : fdopendir(fd);

	if (dir == NULL && fd != -1)
		(void)close(fd);
	return dir;
}

static int
add_name(struct names *names, int folder, const char *name)
{
	struct stat st;
	void *more;

	if (names->count % STEP == 0) {
		more = reallocarray(
		    names->list, names->count + STEP, sizeof(names->list[0]));
		if (more == NULL)
			return CHAT_EINTERNAL;
		names->list = more;
	}
	if (fstatat(folder, name, &st, AT_SYMLINK_NOFOLLOW) != 0)
		return errno == ENOENT ? CHAT_OK : CHAT_EIO;
	names->bytes += (int64_t)st.st_size;
	(void)strlcpy(names->list[names->count++], name, SIZE_LONG_NAME);
	return CHAT_OK;
}

static int
compare(const void *a, const void *b)
{
	return strcmp(a, b);
}

/*
 * Returns the next name that `wanted` accepts, or NULL. Then errno is 0 at the
 * end of the folder.
 */
static const char *
next_name(DIR *dir, bool (*wanted)(const char *name))
{
	struct dirent *found;

	do {
		errno = 0;
		found = readdir(dir);
	} while (found != NULL && !wanted(found->d_name));
	return found == NULL ? NULL : found->d_name;
}

int
names_read(int folder, bool (*wanted)(const char *name), struct names *names)
{
	DIR *dir = open_names(folder);
	const char *name;
	int error = CHAT_OK, saved;

	*names = (struct names){0};
	if (dir == NULL)
		return CHAT_EIO;
	while (error == 0 && (name = next_name(dir, wanted)) != NULL)
		error = add_name(names, folder, name);
	if (error == 0 && errno != 0)
		error = CHAT_EIO;
	saved = errno;
	(void)closedir(dir);
	if (error != 0)
		names_free(names);
	else if (names->count > 0)
		qsort(
		    names->list, names->count, sizeof(names->list[0]), compare);
	errno = saved;
	return error;
}

void
names_free(struct names *names)
{
	free(names->list);
	*names = (struct names){0};
}

bool
names_any_letter(int folder)
{
	static char file[SIZE_LETTER];
	static struct letter letter;
	DIR *dir = open_names(folder);
	const char *name, *text;
	size_t len;
	bool any = dir == NULL;
	int error;

	while (!any && (name = next_name(dir, queue_is_file)) != NULL) {
		error = queue_get(folder, name, file, &letter, &text, &len);
		any = error == 0 || (error == CHAT_EIO && errno != ENOENT);
	}
	any |= errno != 0; /* of next_name() */
	if (dir != NULL)
		(void)closedir(dir);
	return any;
}
