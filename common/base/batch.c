/* Batches: several lines in one text. */
#include "common/base/batch.h"

#include <string.h>

#include "common/base/limits.h"

size_t
batch_first(const char *text, size_t len)
{
	const char *end = memchr(text, '\n', len);

	return end != NULL ? (size_t)(end - text) : len;
}

size_t
batch_count(const char *text, size_t len)
{
	size_t count = 1, first;

	while ((first = batch_first(text, len)) < len) {
		if (first == 0 || ++count > LIMIT_LINES)
			return 0;
		text += first + 1;
		len -= first + 1;
	}
	return len > 0 && count > 1 ? count : 0;
}
