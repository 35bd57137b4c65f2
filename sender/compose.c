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

static enum send_exit
too_long(struct failure *failure)
{
	return failure_set(failure, SEND_MESSAGE,
	    "the message is longer than %d bytes; send it in parts",
	    LIMIT_TEXT);
}

/* Wipes the words: a process that will be confined has only one copy. */
static enum send_exit
join(char *const words[], struct text *text, struct failure *failure)
{
	text->len = 0;
	for (size_t i = 0; words[i] != NULL; i++) {
		size_t len = strlen(words[i]);

		if (i > 0 && text->len < LIMIT_TEXT)
			text->bytes[text->len++] = ' ';
		if (len > LIMIT_TEXT - text->len)
			return too_long(failure);
		memcpy(text->bytes + text->len, words[i], len);
		explicit_bzero(words[i], len);
		text->len += len;
	}
	return SEND_OK;
}

enum send_exit
compose_need_input(struct failure *failure, const char *words)
{
	if (!descriptors_can_read(STDIN_FILENO))
		return failure_set(failure, SEND_INPUT, "%s", words);
	return SEND_OK;
}

static enum send_exit
read_input(struct text *text, struct failure *failure)
{
	ssize_t n;

	if (compose_need_input(failure,
		"standard input is closed; give the message in words, or something to read") !=
	    SEND_OK)
		return failure->status;
	if (isatty(STDIN_FILENO) == 1)
		warnx(
		    "type the message; end it with Ctrl-D on a line of its own");
	text->len = 0;
	do {
		n = read(STDIN_FILENO, text->bytes + text->len,
		    sizeof(text->bytes) - text->len);
		if (n == -1 && errno != EINTR)
			return failure_of_system(
			    failure, SEND_INPUT, "standard input");
		text->len += n > 0 ? (size_t)n : 0;
	} while (n != 0 && text->len < sizeof(text->bytes));
	if (text->len > 0 && text->len <= LIMIT_TEXT + 1 &&
	    text->bytes[text->len - 1] == '\n')
		text->len--;
	return text->len > LIMIT_TEXT ? too_long(failure) : SEND_OK;
}

static enum send_exit
check_text(const struct text *text, struct failure *failure)
{
	const char *p = text->bytes, *end = p + text->len;
	int32_t c;

	if (text->len == 0)
		return failure_set(
		    failure, SEND_MESSAGE, "the message is empty");
	while (p < end) {
		if ((c = text_next(&p, end)) == 0)
			return failure_set(failure, SEND_MESSAGE,
			    "the message has a NUL character (byte %td)",
			    p - text->bytes);
		if (c == -1)
			return failure_set(failure, SEND_MESSAGE,
			    "the message is not UTF-8 (byte %td); convert it, for example with iconv",
			    p - text->bytes + 1);
	}
	return SEND_OK;
}

enum send_exit
compose_text(
    const struct options *options, struct text *text, struct failure *failure)
{
	char *const *words = options->words;
	bool dash = words[0] != NULL && words[1] == NULL &&
	    strcmp(words[0], "-") == 0 && !options->literal;
	enum send_exit status;

	if (words[0] == NULL || dash)
		status = read_input(text, failure);
	else if (waiting_input(options))
		status = failure_set(failure, SEND_USAGE,
		    "the message is in words, and data waits on standard input; leave out the words, or add </dev/null");
	else
		status = join(words, text, failure);
	return status == SEND_OK ? check_text(text, failure) : status;
}
