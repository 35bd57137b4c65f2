/* Wiping the environment. */
#include "common/base/environment.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>

static bool
is_kept(const char *variable, const char *const kept[])
{
	for (; *kept != NULL; kept++)
		if (strncmp(variable, *kept, strlen(*kept)) == 0)
			return true;
	return false;
}

void
environment_forget(const char *const kept[])
{
	char **left = environ;

	for (char **at = environ; *at != NULL; at++)
		if (is_kept(*at, kept))
			*left++ = *at;
		else
			explicit_bzero(*at, strlen(*at));
	*left = NULL;
}
