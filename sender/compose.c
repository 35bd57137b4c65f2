/* The message. */
#include "sender/compose.h"

#include <err.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/text.h"
#include "sender/options.h"

#define MESSAGE "the message"

static void
too_long(const char *which)
{
	errx(SEND_MESSAGE, "%s is longer than %d bytes; send it in parts",
	    which, LIMIT_TEXT);
}

static void
join(char *const words[], struct text *text)
{
	text->len = 0;
	for (size_t i = 0; words[i] != NULL; i++) {
		size_t len = strlen(words[i]);

		if (i > 0 && text->len < LIMIT_TEXT)
			text->bytes[text->len++] = ' ';
		if (len > LIMIT_TEXT - text->len)
			too_long(MESSAGE);
		memcpy(text->bytes + text->len, words[i], len);
		text->len += len;
	}
}

static void
read_input(struct text *text)
{
	ssize_t n;

	if (isatty(STDIN_FILENO) == 1)
		warnx("type the message; end it with Ctrl-D on a line of its "
		      "own");
	text->len = 0;
	do {
		n = read(STDIN_FILENO, text->bytes + text->len,
		    sizeof(text->bytes) - text->len);
		if (n == -1 && errno != EINTR)
			err(SEND_INPUT, "standard input");
		text->len += n > 0 ? (size_t)n : 0;
	} while (n != 0 && text->len < sizeof(text->bytes));
	if (text->len > 0 && text->len <= LIMIT_TEXT + 1 &&
	    text->bytes[text->len - 1] == '\n')
		text->len--;
	if (text->len > LIMIT_TEXT)
		too_long(MESSAGE);
}

static void
check(const struct text *text, const char *which)
{
	const char *p = text->bytes, *end = p + text->len;
	int32_t c;

	if (text->len == 0)
		errx(SEND_MESSAGE, "%s is empty", which);
	while (p < end) {
		if ((c = text_next(&p, end)) == 0)
			errx(SEND_MESSAGE, "%s has a NUL character (byte %td)",
			    which, p - text->bytes);
		if (c == -1)
			errx(SEND_MESSAGE,
			    "%s is not UTF-8 (byte %td); convert it, for "
			    "example with iconv",
			    which, p - text->bytes + 1);
	}
}

void
compose(char *const words[], struct text *text)
{
	if (words[0] == NULL ||
	    (strcmp(words[0], "-") == 0 && words[1] == NULL))
		read_input(text);
	else
		join(words, text);
	check(text, MESSAGE);
}

bool
compose_line(struct text *text, unsigned long *number)
{
	char which[32];
	int c;

	do {
		text->len = 0;
		++*number;
		(void)snprintf(which, sizeof(which), "line %lu", *number);
		while ((c = getchar()) != EOF && c != '\n') {
			if (text->len == LIMIT_TEXT)
				too_long(which);
			text->bytes[text->len++] = (char)c;
		}
		if (c == EOF && ferror(stdin))
			err(SEND_INPUT, "standard input");
	} while (text->len == 0 && c != EOF);
	if (text->len == 0)
		return false;
	check(text, which);
	return true;
}
