/* Checks that the kernel gives random numbers. */
#include "common/base/random.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/base/error.h"

int
random_check(char fault[SIZE_RANDOM_FAULT])
{
	char byte;

	if (getentropy(&byte, 1) == 0)
		return CHAT_OK;
	(void)snprintf(fault, SIZE_RANDOM_FAULT,
	    "cannot draw random numbers: getrandom: %s; the filter of a container or a service has to allow it",
	    strerror(errno));
	return CHAT_EIO;
}
