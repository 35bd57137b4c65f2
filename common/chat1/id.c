/* The id of a message. */
#include "common/chat1/id.h"

#include <string.h>

#include "common/base/error.h"

static const char label[] = "chat1 id"; /* hashed with NUL */

int
id_derive(const struct suite *suite, const uint8_t drawn[SIZE_ID],
    const char *to, uint8_t id[SIZE_ID])
{
	uint8_t hash[SIZE_HASH], len = (uint8_t)strlen(to);
	const struct span spans[] = {{label, sizeof(label)}, {drawn, SIZE_ID},
	    {&len, sizeof(len)}, {to, len}};

	if (suite_sha256(
		suite, spans, sizeof(spans) / sizeof(spans[0]), hash) != 0)
		return CHAT_EINTERNAL;
	memcpy(id, hash, SIZE_ID);
	return CHAT_OK;
}
