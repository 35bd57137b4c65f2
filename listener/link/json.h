/* A message as a line of JSON, for sessions and the runner. */
#ifndef LISTENER_LINK_JSON_H
#define LISTENER_LINK_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/limits.h"

/*
 * Maximum length of such a line in bytes: six for each byte of the text (\u0000
 * for a control character), and the rest.
 */
#define SIZE_JSON (6 * LIMIT_TEXT + 1024)

/*
 * The contents of the line. Names and address need no escapes; the text is
 * UTF-8.
 */
struct json_message {
	const uint8_t *id; /* SIZE_ID bytes */
	const char *from, *to;
	bool listed;
	const char *address;
	int64_t sent, received; /* seconds since the epoch */
	const char *text;
	size_t len;
	bool ascii; /* escape everything outside of ASCII */
};

/*
 * Writes the line to out, which has room for SIZE_JSON bytes; it ends with LF,
 * without a NUL. Returns its length in bytes. Characters that text_is_unsafe()
 * names are escaped. chat-listen(1), As JSON.
 */
size_t json_spell(const struct json_message *message, char *out);

#endif
