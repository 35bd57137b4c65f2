/* One line of the protocol. */
#ifndef COMMON_BASE_LINE_H
#define COMMON_BASE_LINE_H

#include <stddef.h>

#include "common/base/limits.h"

struct line {
	size_t len; /* LF included */
	char bytes[LIMIT_TEXT_FRAME + 1];
};

#endif
