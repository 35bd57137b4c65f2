/*
 * Wipes the passwords of a destination. This is apart from the code that finds
 * them: a process that faces the network needs it, but no directory reader.
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
