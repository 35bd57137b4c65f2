/* Forgetting the environment. */
#include "sender/environment.h"

#include <string.h>
#include <unistd.h>

void
environment_forget(void)
{
	static const char *const used[] = {
	    "RES_OPTIONS=", "LOCALDOMAIN=", "HOSTALIASES="};
	char **kept = environ;

	for (char **at = environ; *at != NULL; at++) {
		size_t i = 0;

		while (i < sizeof(used) / sizeof(*used) &&
		    strncmp(*at, used[i], strlen(used[i])) != 0)
			i++;
		if (i < sizeof(used) / sizeof(*used))
			*kept++ = *at;
		else
			explicit_bzero(*at, strlen(*at));
	}
	*kept = NULL;
}
