/* A message in the hands of chat-spool. */
#include "sender/spool/parcel.h"

#include <string.h>

void
parcel_id(const char *file, char id[2 * SIZE_ID + 1])
{
	memcpy(id, file + LEN_TIME + 1, 2 * SIZE_ID);
	id[2 * SIZE_ID] = '\0';
}
