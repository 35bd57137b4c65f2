/* A failure of chat-send. */
#include "sender/failure.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum send_exit
failure_set(
    struct failure *failure, enum send_exit status, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	(void)vsnprintf(
	    failure->words, sizeof(failure->words), format, arguments);
	va_end(arguments);
	failure->status = status;
	return status;
}

enum send_exit
failure_of_system(
    struct failure *failure, enum send_exit status, const char *format, ...)
{
	const char *reason = strerror(errno);
	size_t room = sizeof(failure->words) - strlen(reason) - 2;
	va_list arguments;

	/* A long path must not push the reason out. */
	va_start(arguments, format);
	(void)vsnprintf(failure->words, room, format, arguments);
	va_end(arguments);
	(void)strlcat(failure->words, ": ", sizeof(failure->words));
	(void)strlcat(failure->words, reason, sizeof(failure->words));
	failure->status = status;
	return status;
}
