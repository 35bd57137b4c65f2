/*
 * Forgetting the passwords of a destination. It stands apart from what finds
 * them: whoever faces the network needs this, and no reader of the directory.
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
