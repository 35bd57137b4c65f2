/* The chain through a log. */
#include "common/log/chain.h"

#include <string.h>

#include "common/base/error.h"

void
chain_next(const struct chain *chain, enum chain_line kind,
    struct record_position *position)
{
	position->seq = chain->seq + kind;
	memcpy(position->prev, chain->head, SIZE_HASH);
}

int
chain_add(struct chain *chain, const struct suite *suite, enum chain_line kind,
    const struct record_position *position, const char *line, size_t len)
{
	const struct span span = {line, len};
	int error;

	if (position->seq != chain->seq + kind ||
	    memcmp(position->prev, chain->head, SIZE_HASH) != 0)
		return CHAT_EMALFORMED;
	if ((error = suite_sha256(suite, &span, 1, chain->head)) == 0)
		chain->seq = position->seq;
	return error;
}

void
chain_before(struct chain *chain, enum chain_line kind,
    const struct record_position *position)
{
	chain->seq = position->seq - kind;
	memcpy(chain->head, position->prev, SIZE_HASH);
}

/* Where the disk has no data, a NUL may stand for any character. */
static bool
is_begun(enum chain_line kind, const char *line, size_t len)
{
	const char *start = kind == CHAIN_FIRST_LINE
	    ? "{\"v\":1,\"type\":\"log\",\"seq\":"
	    : "{\"v\":1,\"type\":\"message\",\"seq\":";

	for (size_t i = 0; i < len && start[i] != '\0'; i++)
		if (line[i] != start[i] && line[i] != '\0')
			return false;
	return true;
}

bool
chain_is_torn(enum chain_line kind, const char *line, size_t len, size_t rest)
{
	bool ended = len > 0 && line[len - 1] == '\n';

	if (rest > (kind == CHAIN_FIRST_LINE ? SIZE_FIRST_LINE
					     : CHAIN_WRITE_MOST) ||
	    !is_begun(kind, line, ended ? len - 1 : len))
		return false;
	return !ended ||
	    (kind == CHAIN_RECORD && memchr(line, '\0', len) != NULL);
}
