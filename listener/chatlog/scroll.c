/* The lines of one file. */
#include "listener/chatlog/scroll.h"

#include <sys/stat.h>

#include "common/base/error.h"

int
scroll_open(struct scroll *scroll, const char *name)
{
	scroll->name = name;
	scroll->number = 0;
	scroll->len = 0;
	scroll->file = fopen(name, "re");
	return scroll->file == NULL ? CHAT_EIO : CHAT_OK;
}

static void
skip_rest(FILE *file)
{
	int c;

	do
		c = getc_unlocked(file);
	while (c != EOF && c != '\n');
}

enum scroll_state
scroll_next(struct scroll *scroll)
{
	int c;

	scroll->len = 0;
	clearerr(scroll->file);
	while ((c = getc_unlocked(scroll->file)) != EOF) {
		if (scroll->len == 0)
			scroll->number++;
		scroll->line[scroll->len++] = (char)c;
		if (c == '\n')
			return SCROLL_LINE;
		if (scroll->len == sizeof(scroll->line)) {
			skip_rest(scroll->file);
			return SCROLL_LONG;
		}
	}
	if (ferror(scroll->file))
		return SCROLL_ERROR;
	return scroll->len == 0 ? SCROLL_END : SCROLL_TORN;
}

void
scroll_back(struct scroll *scroll)
{
	(void)fseeko(scroll->file, -(off_t)scroll->len, SEEK_CUR);
	scroll->number--;
}

void
scroll_close(struct scroll *scroll)
{
	if (scroll->file != NULL)
		(void)fclose(scroll->file);
	scroll->file = NULL;
}
