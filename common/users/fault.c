/* What is wrong with a user directory, and where. */
#include "common/users/fault.h"

#include <stdarg.h>
#include <stdio.h>

#include "common/base/error.h"

int
fault_set(struct fault *fault, unsigned long line, const char *format, ...)
{
	va_list args;

	fault->line = line;
	va_start(args, format);
	(void)vsnprintf(fault->reason, sizeof(fault->reason), format, args);
	va_end(args);
	return CHAT_EDIRECTORY;
}
