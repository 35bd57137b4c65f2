/* The grammar of user names. */
#include "common/base/name.h"

#include <string.h>

#include "common/base/limits.h"

static bool
is_word(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	    (c >= '0' && c <= '9') || c == '_';
}

bool
name_valid(const char *name, size_t len)
{
	if (len == 0 || len > LIMIT_NAME || !is_word(name[0]))
		return false;
	for (size_t i = 1; i < len; i++)
		if (!is_word(name[i]) &&
		    (name[i] == '\0' || strchr(".-@+", name[i]) == NULL))
			return false;
	return true;
}

bool
name_field_valid(const void *field)
{
	return name_valid(field, strnlen(field, LIMIT_NAME + 1));
}
