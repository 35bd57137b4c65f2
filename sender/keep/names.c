/* The names in a folder of the spool. */
#include "sender/keep/names.h"

#include <dirent.h>
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
		return CHAT_OK; /* it is gone by now */
	names->bytes += (int64_t)st.st_size;
	(void)strlcpy(names->list[names->count++], name, SIZE_LONG_NAME);
	return CHAT_OK;
}

static int
compare(const void *a, const void *b)
{
	return strcmp(a, b);
}

int
names_read(int folder, bool (*wanted)(const char *name), struct names *names)
{
	DIR *dir = open_names(folder);
	struct dirent *found;
	int error = CHAT_OK;

	*names = (struct names){0};
	if (dir == NULL)
		return CHAT_EIO;
	while (error == 0 && (found = readdir(dir)) != NULL)
		if (wanted(found->d_name))
			error = add_name(names, folder, found->d_name);
	(void)closedir(dir);
	if (error != 0)
		names_free(names);
	else if (names->count > 0)
		qsort(
		    names->list, names->count, sizeof(names->list[0]), compare);
	return error;
}

void
names_free(struct names *names)
{
	free(names->list);
	*names = (struct names){0};
}

bool
names_any(int folder, bool (*wanted)(const char *name))
{
	DIR *dir = open_names(folder);
	struct dirent *found;
	bool any = dir == NULL;

	while (!any && (found = readdir(dir)) != NULL)
		any = wanted(found->d_name);
	if (dir != NULL)
		(void)closedir(dir);
	return any;
}
