/*
 * Wipes the passwords of a destination. This is separate from the code that
 * finds them, because a process that talks to the network needs this, but no
 * directory parser.
 */
#include <string.h>

#include "sender/destination.h"

void
destination_wipe(struct destination *destination)
{
	explicit_bzero(
	    destination->password_from, sizeof(destination->password_from));
	explicit_bzero(
	    destination->password_to, sizeof(destination->password_to));
}
