/* Without a library, the terminal itself edits the line. */
#include "sender/chat/editor.h"

bool
editor_open(const char *(*next)(size_t n))
{
	(void)next;
	return false;
}

const char *
editor_line(const char *prompt, bool *spoilt)
{
	(void)prompt;
	*spoilt = false;
	return NULL;
}

void
editor_remember(const char *line)
{
	(void)line;
}

void
editor_close(void)
{
}
