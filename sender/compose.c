/* The message. */
#include "sender/compose.h"

#include <err.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "common/base/descriptors.h"
#include "common/base/text.h"
#include "sender/options.h"
#include "sender/waiting.h"

#define MESSAGE "the message"

static void
too_long(const char *which)
{
	errx(SEND_MESSAGE, "%s is longer than %d bytes; send it in parts",
	    which, LIMIT_TEXT);
}

/* Whoever confines itself later shall have the message once, where it goes. */
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
		explicit_bzero(words[i], len);
		text->len += len;
	}
}

static void
need_input(void)
{
	if (!descriptors_can_read(STDIN_FILENO))
		errx(SEND_INPUT,
		    "standard input is closed; give the message in words, or something to read");
}

static void
read_input(struct text *text)
{
	ssize_t n;

	need_input();
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
check_text(const struct text *text, const char *which)
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
	check_text(text, MESSAGE);
}

/*
 * What was read of standard input and is not used yet. No child has it: an
 * attempt that faces the network is to know the lines to come as little as it
 * could read them.
 */
#define SIZE_AHEAD 65536
static struct {
	char *bytes;
	size_t at, len;
} ahead;

static void
make_ahead(void)
{
	if (ahead.bytes != NULL)
		return;
	ahead.bytes = mmap(NULL, SIZE_AHEAD, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (ahead.bytes == MAP_FAILED ||
	    madvise(ahead.bytes, SIZE_AHEAD, MADV_DONTFORK) != 0)
		err(SEND_INTERNAL, "cannot keep lines to ourselves");
}

/* The next byte of standard input, or EOF. */
static int
next_byte(void)
{
	ssize_t n;

	if (ahead.at < ahead.len)
		return (unsigned char)ahead.bytes[ahead.at++];
	do
		n = read(STDIN_FILENO, ahead.bytes, SIZE_AHEAD);
	while (n == -1 && errno == EINTR);
	if (n == -1)
		err(SEND_INPUT, "standard input");
	ahead.len = (size_t)n;
	ahead.at = n == 0 ? 0 : 1;
	return n == 0 ? EOF : (unsigned char)ahead.bytes[0];
}

bool
compose_line(struct text *text, unsigned long *number)
{
	char which[32];
	int c;

	need_input();
	make_ahead();
	do {
		text->len = 0;
		++*number;
		(void)snprintf(which, sizeof(which), "line %lu", *number);
		while ((c = next_byte()) != EOF && c != '\n') {
			if (text->len == LIMIT_TEXT)
				too_long(which);
			text->bytes[text->len++] = (char)c;
		}
	} while (text->len == 0 && c != EOF);
	if (text->len == 0)
		return false;
	check_text(text, which);
	return true;
}
