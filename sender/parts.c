/* Standard input as parts. */
#include "sender/parts.h"

#include <err.h>
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "common/base/limits.h"
#include "common/base/text.h"

/* U+FFFD, which replaces what is not text. */
static const char replacement[] = "\xef\xbf\xbd";

static void
end_line(struct parts *parts)
{
	parts->lines_changed += parts->changed;
	parts->lines_divided += parts->divided;
	parts->changed = parts->divided = false;
	parts->line++;
}

/* Returns the length of the character that starts with this byte. */
static size_t
length_of(unsigned char first)
{
	return first < 0xc2 ? 1
	    : first < 0xe0  ? 2
	    : first < 0xf0  ? 3
	    : first < 0xf5  ? 4
			    : 1;
}

/* Whether these bytes become a character only with more input. */
static bool
is_begun(const char *p, size_t len)
{
	size_t i = 1;

	if (len >= length_of((unsigned char)*p))
		return false;
	while (i < len && ((unsigned char)p[i] & 0xc0) == 0x80)
		i++;
	return i == len;
}

/* Takes one character into the part. Returns false if it does not fit. */
static bool
take_character(struct parts *parts)
{
	const char *start = parts->raw + parts->raw_at, *p = start;
	const char *bytes = start;
	size_t len, used;

	if (text_next(&p, parts->raw + parts->raw_len) > 0) {
		len = used = (size_t)(p - start);
	} else {
		bytes = replacement;
		len = sizeof(replacement) - 1;
		used = 1;
	}
	if (len > LIMIT_TEXT - parts->part.len)
		return false;
	parts->changed |= bytes == replacement;
	memcpy(parts->part.bytes + parts->part.len, bytes, len);
	parts->part.len += len;
	parts->raw_at += used;
	return true;
}

/* At the end of a line: completes the part, or begins with the next line. */
static void
finish_line(struct parts *parts)
{
	if (parts->part.len > 0) {
		parts->complete = true;
		return;
	}
	end_line(parts);
	parts->raw_at++;
}

/* A last line need not have a newline. */
static void
finish_input(struct parts *parts)
{
	if (parts->part.len > 0)
		parts->complete = true;
	else if (parts->changed || parts->divided)
		end_line(parts);
}

void
parts_read(struct parts *parts)
{
	size_t left = parts->raw_len - parts->raw_at;
	ssize_t n;

	memmove(parts->raw, parts->raw + parts->raw_at, left);
	parts->raw_at = 0;
	parts->raw_len = left;
	n = read(STDIN_FILENO, parts->raw + left, sizeof(parts->raw) - left);
	if (n == -1 && (errno == EINTR || errno == EAGAIN))
		return;
	if (n == -1)
		warn("standard input");
	parts->failed = n == -1;
	parts->over = n <= 0;
	parts->raw_len += n > 0 ? (size_t)n : 0;
}

bool
parts_complete(struct parts *parts)
{
	while (!parts->complete) {
		const char *p = parts->raw + parts->raw_at;
		size_t left = parts->raw_len - parts->raw_at;

		if (left == 0 || (is_begun(p, left) && !parts->over)) {
			if (parts->over)
				finish_input(parts);
			break;
		}
		if (*p == '\n')
			finish_line(parts);
		else if (!take_character(parts))
			parts->complete = parts->divided = true;
	}
	return parts->complete;
}

void
parts_take(struct parts *parts)
{
	explicit_bzero(parts->part.bytes, parts->part.len);
	parts->part.len = 0;
	parts->complete = false;
}
