/* A message as a line of JSON, which sessions and runner spell alike. */
#ifndef LISTENER_LINK_JSON_H
#define LISTENER_LINK_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/limits.h"

/*
 * The most bytes of such a line: six for each of the text's (\u0000 for a
 * control character), and what stands around it.
 */
#define SIZE_JSON (6 * LIMIT_TEXT + 1024)

/* What stands in it. Names and address need no escapes; the text is UTF-8. */
struct json_message {
	const uint8_t *id; /* SIZE_ID bytes */
	const char *from, *to;
	bool listed;
	const char *address;
	int64_t sent, received; /* seconds since the epoch */
	const char *text;
	size_t len;
	bool ascii; /* all else is escaped */
};

/*
 * Spells it into SIZE_JSON bytes, ending with LF. Returns the number of bytes.
 * No character that text_is_unsafe() names comes out as it is. chat-listen(1),
 * As JSON.
 */
size_t json_spell(const struct json_message *message, char *out);

#endif
