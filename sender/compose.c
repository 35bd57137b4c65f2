/* The message. */
#include "sender/compose.h"

#include <err.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/base/descriptors.h"
#include "common/base/text.h"
#include "sender/options.h"
#include "sender/waiting.h"

static void
too_long(void)
{
	errx(SEND_MESSAGE,
	    "the message is longer than %d bytes; send it in parts",
	    LIMIT_TEXT);
}

/* Wipes the words: a process that will be confined has only one copy. */
static void
join(char *const words[], struct text *text)
{
	text->len = 0;
	for (size_t i = 0; words[i] != NULL; i++) {
		size_t len = strlen(words[i]);

		if (i > 0 && text->len < LIMIT_TEXT)
			text->bytes[text->len++] = ' ';
		if (len > LIMIT_TEXT - text->len)
			too_long();
		memcpy(text->bytes + text->len, words[i], len);
		explicit_bzero(words[i], len);
		text->len += len;
	}
}

void
compose_need_input(void)
{
	if (!descriptors_can_read(STDIN_FILENO))
		errx(SEND_INPUT,
		    "standard input is closed; give the message in words, or something to read");
}

static void
read_input(struct text *text)
{
	ssize_t n;

	compose_need_input();
	if (isatty(STDIN_FILENO) == 1)
		warnx(
		    "type the message; end it with Ctrl-D on a line of its own");
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
		too_long();
}

static void
check_text(const struct text *text)
{
	const char *p = text->bytes, *end = p + text->len;
	int32_t c;

	if (text->len == 0)
		errx(SEND_MESSAGE, "the message is empty");
	while (p < end) {
		if ((c = text_next(&p, end)) == 0)
			errx(SEND_MESSAGE,
			    "the message has a NUL character (byte %td)",
			    p - text->bytes);
		if (c == -1)
			errx(SEND_MESSAGE,
			    "the message is not UTF-8 (byte %td); convert it, for example with iconv",
			    p - text->bytes + 1);
	}
}

void
compose_text(const struct options *options, struct text *text)
{
	char *const *words = options->words;
	bool dash = words[0] != NULL && words[1] == NULL &&
	    strcmp(words[0], "-") == 0 && !options->literal;

	if (words[0] == NULL || dash) {
		read_input(text);
	} else {
		if (waiting_input(options))
			errx(SEND_USAGE,
			    "the message is in words, and data waits on standard input; leave out the words, or add </dev/null");
		join(words, text);
	}
	check_text(text);
}
