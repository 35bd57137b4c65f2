/* What writers who died have left. */
#include "sender/spool/tidy.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "sender/keep/names.h"
#include "sender/keep/state.h"

#define STALE_S 3600

static bool
is_incomplete(const char *name)
{
	return strncmp(name, INCOMPLETE, strlen(INCOMPLETE)) == 0;
}

/* Returns the length of a name without what a state's name has behind it. */
static size_t
len_of_message(const char *name)
{
	size_t len = strlen(name), behind = strlen(STATE_BEHIND);

	return len > behind && strcmp(name + len - behind, STATE_BEHIND) == 0
	    ? len - behind
	    : 0;
}

static bool
is_left(const char *name)
{
	return is_incomplete(name) || len_of_message(name) > 0;
}

/* Whether a message, whose state this is, is there. */
static bool
has_message(const struct queue *queue, const char *name)
{
	char file[SIZE_LONG_NAME];
	struct stat st;

	(void)strlcpy(file, name, sizeof(file));
	file[len_of_message(name)] = '\0';
	return fstatat(queue->fd, file, &st, AT_SYMLINK_NOFOLLOW) == 0 ||
	    errno != ENOENT;
}

void
tidy(const struct queue *queue)
{
	int64_t now = (int64_t)time(NULL);
	struct names names;
	struct stat st;

	if (names_read(queue->fd, is_left, &names) != 0)
		return;
	for (size_t i = 0; i < names.count; i++) {
		const char *name = names.list[i];

		if (fstatat(queue->fd, name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
		    st.st_mtime + STALE_S < now &&
		    (is_incomplete(name) || !has_message(queue, name)))
			(void)queue_remove(queue, name, false);
	}
	names_free(&names);
}
