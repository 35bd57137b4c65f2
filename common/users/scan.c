/* A walk over a JSON list of objects. */
#include "common/users/scan.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "common/base/error.h"

int
scan_fault(struct fault *fault, unsigned long line, const char *format, ...)
{
	va_list args;

	fault->line = line;
	va_start(args, format);
	(void)vsnprintf(fault->reason, sizeof(fault->reason), format, args);
	va_end(args);
	return CHAT_EDIRECTORY;
}

void
scan_start(struct scan *scan, const char *json, size_t len)
{
	scan->next = json;
	scan->end = json + len;
	scan->line = 1;
	scan->started = scan->ended = false;
}

/* The next character that is not white space, or -1 at the end. */
static int
peek(struct scan *scan)
{
	for (; scan->next < scan->end; scan->next++) {
		if (*scan->next == '\n')
			scan->line++;
		else if (*scan->next != ' ' && *scan->next != '\t' &&
		    *scan->next != '\r')
			return (unsigned char)*scan->next;
	}
	return -1;
}

static int
unexpected(struct scan *scan, int c, const char *wanted, struct fault *fault)
{
	if (c == -1)
		return scan_fault(fault, scan->line,
		    "the file ends where %s should follow", wanted);
	if (c == '\'')
		return scan_fault(fault, scan->line,
		    "single quotes are not JSON; use double quotes");
	/* Inside the list, a letter may be a piece of a password. */
	if (c > ' ' && c < 0x7f &&
	    (!scan->started || strchr("[]{},:", c) != NULL))
		return scan_fault(
		    fault, scan->line, "expected %s, found '%c'", wanted, c);
	if (c > ' ' && c < 0x7f)
		return scan_fault(fault, scan->line, "expected %s", wanted);
	return scan_fault(fault, scan->line, "expected %s, found byte 0x%02x",
	    wanted, (unsigned)c);
}

/* \u wants four digits, of which cJSON makes a NUL where they are none. */
static int
check_escape(const struct scan *scan, unsigned long line, struct fault *fault)
{
	const char *escape = scan->next + 1;

	if (escape == scan->end || *escape != 'u')
		return CHAT_OK;
	for (int i = 1; i <= 4; i++)
		if (escape + i == scan->end || !isxdigit((uint8_t)escape[i]))
			return scan_fault(
			    fault, line, "\\u without four hexadecimal digits");
	if (memcmp(escape + 1, "0000", 4) == 0)
		return scan_fault(fault, line, "\\u0000 in a string");
	return CHAT_OK;
}

/* Passes over a string; next is at its opening quote. */
static int
skip_string(struct scan *scan, struct fault *fault)
{
	unsigned long line = scan->line;
	int error;

	for (scan->next++; scan->next < scan->end; scan->next++) {
		unsigned char c = (unsigned char)*scan->next;

		if (c == '"') {
			scan->next++;
			return CHAT_OK;
		}
		if (c == '\n')
			return scan_fault(fault, line,
			    "a string does not end on its line; is a double "
			    "quote missing?");
		if (c < ' ')
			return scan_fault(fault, line,
			    "a control character (byte 0x%02x) in a string", c);
		if (c != '\\')
			continue;
		if ((error = check_escape(scan, line, fault)) != 0)
			return error;
		if (++scan->next == scan->end)
			break;
	}
	return scan_fault(fault, line, "the file ends inside a string");
}

static void
skip_digits(struct scan *scan)
{
	while (
	    scan->next < scan->end && *scan->next >= '0' && *scan->next <= '9')
		scan->next++;
}

/* Passes over a character if it is one of these. */
static bool
skip_one_of(struct scan *scan, const char *these)
{
	if (scan->next == scan->end || *scan->next == '\0' ||
	    strchr(these, *scan->next) == NULL)
		return false;
	scan->next++;
	return true;
}

/* Passes over a number, which cJSON would read as strtod(3) does. */
static int
skip_number(struct scan *scan, struct fault *fault)
{
	const char *whole, *part;
	bool good;

	(void)skip_one_of(scan, "-");
	whole = scan->next;
	skip_digits(scan);
	good = scan->next > whole && (*whole != '0' || scan->next == whole + 1);
	if (skip_one_of(scan, ".")) {
		part = scan->next;
		skip_digits(scan);
		good = good && scan->next > part;
	}
	if (skip_one_of(scan, "eE")) {
		(void)skip_one_of(scan, "+-");
		part = scan->next;
		skip_digits(scan);
		good = good && scan->next > part;
	}
	return good ? CHAT_OK
		    : scan_fault(fault, scan->line,
			  "a number is not spelled as JSON wants it");
}

/* Passes over an object; next is at its opening brace. */
static int
skip_object(struct scan *scan, struct fault *fault)
{
	const char *start = scan->next;
	unsigned long line = scan->line, depth = 0;
	int c, error;

	while ((c = peek(scan)) != -1) {
		if (scan->next - start >= LIMIT_ENTRY)
			return scan_fault(fault, line,
			    "an entry is longer than %d bytes", LIMIT_ENTRY);
		if (c == '"') {
			if ((error = skip_string(scan, fault)) != 0)
				return error;
			continue;
		}
		if (c == '-' || (c >= '0' && c <= '9')) {
			if ((error = skip_number(scan, fault)) != 0)
				return error;
			continue;
		}
		if (c == '\'' || c < ' ')
			return unexpected(scan, c, "a double quote", fault);
		scan->next++;
		if (c == '{')
			depth++;
		else if (c == '}' && --depth == 0)
			return CHAT_OK;
	}
	return scan_fault(fault, line,
	    "the entry that starts here does not end; is a } missing?");
}

/* After the list only white space may follow. */
static int
finish(struct scan *scan, struct fault *fault)
{
	int c;

	scan->next++;
	if ((c = peek(scan)) != -1)
		return unexpected(scan, c, "nothing after the list", fault);
	scan->ended = true;
	return CHAT_OK;
}

int
scan_next(struct scan *scan, struct fault *fault)
{
	const char *opening = "a list, [{\"username\": ...}, ...]";
	int c;

	if (scan->ended)
		return CHAT_OK;
	c = peek(scan);
	if (!scan->started) {
		if (c == 0xef)
			return scan_fault(fault, scan->line,
			    "the file starts with a byte order mark; save it "
			    "as plain UTF-8");
		if (c != '[')
			return unexpected(scan, c, opening, fault);
		scan->started = true;
		scan->next++;
		if ((c = peek(scan)) == ']')
			return finish(scan, fault);
	} else {
		if (c == ']')
			return finish(scan, fault);
		if (c != ',')
			return unexpected(scan, c, "a comma or ]", fault);
		scan->next++;
		c = peek(scan);
	}
	if (c != '{')
		return unexpected(scan, c, "an entry, { ... }", fault);
	return CHAT_OK;
}

int
scan_object(
    struct scan *scan, const char **object, size_t *len, struct fault *fault)
{
	int error;

	*object = scan->next;
	if ((error = skip_object(scan, fault)) != 0)
		return error;
	*len = (size_t)(scan->next - *object);
	return CHAT_OK;
}
