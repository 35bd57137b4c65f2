/* Finds the name that was probably meant. */
#include "sender/near.h"

#include <fcntl.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/users/directory.h"

/* Whether the two differ by one typing mistake, ignoring case. */
static bool
is_slip(const char *a, const char *b)
{
	size_t alen = strlen(a), blen = strlen(b), i = 0;

	if (alen < 3 || blen < 3)
		return false;
	while (i < alen && strncasecmp(a + i, b + i, 1) == 0)
		i++;
	if (alen == blen && a[i] != '\0' && a[i + 1] != '\0' &&
	    strncasecmp(a + i, b + i + 1, 1) == 0 &&
	    strncasecmp(a + i + 1, b + i, 1) == 0)
		return strcasecmp(a + i + 2, b + i + 2) == 0;
	if (alen == blen)
		return strcasecmp(a + i + 1, b + i + 1) == 0;
	if (alen == blen + 1)
		return strcasecmp(a + i + 1, b + i) == 0;
	return blen == alen + 1 && strcasecmp(a + i, b + i + 1) == 0;
}

/*
 * Returns how different two names are: 0 by case only, 1 by a mistake, 2 by
 * more.
 */
static int
distance(const char *a, const char *b)
{
	if (strcasecmp(a, b) == 0)
		return NEAR_CASE;
	return is_slip(a, b) ? NEAR_SLIP : NEAR_SLIP + 1;
}

static bool
nearest(const struct directory *directory, const char *name, enum nearness most,
    char near[LIMIT_NAME + 1])
{
	int best = (int)most + 1, far;

	for (size_t i = 0; i < directory->count && best > 0; i++) {
		far = distance(directory->users[i].name, name);
		if (far >= best)
			continue;
		best = far;
		(void)strlcpy(near, directory->users[i].name, LIMIT_NAME + 1);
	}
	return best <= (int)most;
}

bool
near_name(const char *path, const char *name, enum nearness most,
    char near[LIMIT_NAME + 1])
{
	struct directory directory;
	struct fault fault;
	struct stat st;
	bool found = false;
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);

	if (fd == -1)
		return false;
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) &&
	    directory_read(fd, NULL, &directory, &fault) == 0) {
		found = nearest(&directory, name, most, near);
		directory_free(&directory);
	}
	(void)close(fd);
	return found;
}
