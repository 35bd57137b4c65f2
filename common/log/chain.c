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
