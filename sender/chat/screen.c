/* What chat-terminal shows. */
#include "sender/chat/screen.h"

#include <err.h>
#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include "common/base/sheet.h"
#include "common/base/text.h"

#define EXIT_OUTPUT 74
#define UNKNOWN_COLUMNS 80
#define LEAST_COLUMNS 20 /* a narrower terminal is not for editing */
#define SIZE_WORDS 8192  /* the longest line, in bytes; the rest is cut off */
#define EXPANSION 16     /* bytes that a byte takes at most once laid out */

static struct {
	bool terminal, utf8;
	bool prompted; /* a prompt is in the last line */
} screen;

static unsigned
known_columns(void)
{
	struct winsize size;

	return ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 ? size.ws_col : 0;
}

unsigned
screen_columns(void)
{
	unsigned columns = known_columns();

	return columns != 0 ? columns : UNKNOWN_COLUMNS;
}

void
screen_open(void)
{
	struct termios settings;

	screen.terminal = isatty(STDOUT_FILENO) == 1;
	screen.utf8 = text_reader_has_utf8();
	if (!screen.terminal)
		(void)setenv("NO_COLOR", "1", 1);
	else if (!screen.utf8 && tcgetattr(STDOUT_FILENO, &settings) == 0 &&
	    (settings.c_iflag & IUTF8) != 0) {
		(void)setenv("LC_ALL", "C.UTF-8", 1);
		screen.utf8 = text_reader_has_utf8();
	}
}

bool
screen_is_terminal(void)
{
	return screen.terminal;
}

bool
screen_can_edit(void)
{
	const char *term = getenv("TERM");

	return screen.terminal && isatty(STDIN_FILENO) == 1 && term != NULL &&
	    *term != '\0' && strcmp(term, "dumb") != 0 &&
	    known_columns() >= LEAST_COLUMNS;
}

/* Whoever reads us may have a descriptor that does not block. */
static void
put_all(const char *bytes, size_t len)
{
	struct pollfd output = {.fd = STDOUT_FILENO, .events = POLLOUT};
	ssize_t n;

	for (; len > 0; bytes += n, len -= (size_t)n) {
		n = write(STDOUT_FILENO, bytes, len);
		if (n == -1 && errno == EAGAIN)
			(void)poll(&output, 1, -1);
		else if (n == -1 && errno != EINTR)
			err(EXIT_OUTPUT, "standard output");
		if (n == -1)
			n = 0;
	}
}

void
screen_put(const char *bytes, size_t len)
{
	if (screen.prompted)
		put_all("\n", 1);
	screen.prompted = false;
	put_all(bytes, len);
}

void
screen_prompt(const char *prompt)
{
	screen_put(prompt, strlen(prompt));
	screen.prompted = true;
}

bool
screen_prompted(void)
{
	return screen.prompted;
}

void
screen_entered(void)
{
	screen.prompted = false;
}

static void
put_line(const char *header, const char *text, size_t len)
{
	static char out[EXPANSION * SIZE_WORDS];
	struct sheet sheet = {.out = out, .utf8 = screen.utf8, .lines = true};

	sheet_put(&sheet, header);
	sheet_wrap(&sheet, screen_columns(), strlen(header));
	sheet_put_text(&sheet, text, len < SIZE_WORDS ? len : SIZE_WORDS);
	sheet_put(&sheet, "\n");
	screen_put(out, sheet.len);
}

void
screen_say(const char *format, ...)
{
	char words[SIZE_WORDS];
	va_list list;

	va_start(list, format);
	(void)vsnprintf(words, sizeof(words), format, list);
	va_end(list);
	put_line("chat: ", words, strlen(words));
}

void
screen_relay(const char *line, size_t len)
{
	static const char *const headers[] = {
	    "chat-listen: ", "chat-send: ", "chat-log: ", "chat-terminal: "};

	for (size_t i = 0; i < sizeof(headers) / sizeof(headers[0]); i++) {
		size_t n = strlen(headers[i]);

		if (len > n && memcmp(line, headers[i], n) == 0) {
			put_line(headers[i], line + n, len - n);
			return;
		}
	}
	put_line("  ", line, len);
}
