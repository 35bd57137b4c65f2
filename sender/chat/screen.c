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
#include <sys/uio.h>
#include <termios.h>
#include <unistd.h>

#include "common/base/sheet.h"
#include "common/base/text.h"
#include "sender/chat/exit.h"
#include "sender/chat/loop.h"

#define UNKNOWN_COLUMNS 80
#define LEAST_COLUMNS 20 /* a narrower terminal is not for editing */
#define SIZE_WORDS 8192  /* the longest line, in bytes; the rest is cut off */
#define EXPANSION 16     /* bytes that a byte takes at most once laid out */
#define MARKS_ON "\033[?2004h"
#define MARKS_OFF "\033[?2004l"
#define TITLE "\033]2;"
#define TITLE_END "\007"
#define TITLE_SAVE "\033[22;2t"
/* A terminal that saves no title has none afterwards. */
#define TITLE_RESTORE TITLE TITLE_END "\033[23;2t"

static struct {
	int terminal;
	bool utf8, edits, titles;
	bool prompted; /* a prompt is in the last line */
	bool failed;   /* our output cannot be written */
	unsigned unread;
} screen = {.terminal = -1};

static unsigned
known_columns(void)
{
	struct winsize size;

	return ioctl(screen.terminal, TIOCGWINSZ, &size) == 0 ? size.ws_col : 0;
}

unsigned
screen_columns(void)
{
	unsigned columns = known_columns();

	return columns != 0 ? columns : UNKNOWN_COLUMNS;
}

/* Whether this kind of terminal is known to take a title for one. */
static bool
has_title(const char *term)
{
	static const char *const kinds[] = {
	    "xterm", "screen", "tmux", "alacritty", "foot", "rxvt"};

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (strncmp(term, kinds[i], strlen(kinds[i])) == 0)
			return true;
	return false;
}

static void
set_variable(const char *name, const char *value)
{
	if (setenv(name, value, 1) != 0)
		err(TERMINAL_SYSTEM, "setenv");
}

void
screen_open(void)
{
	const char *term = getenv("TERM");
	bool writes = isatty(STDOUT_FILENO) == 1, reads = isatty(STDIN_FILENO);
	struct termios settings;

	screen.terminal = writes ? STDOUT_FILENO : reads ? STDIN_FILENO : -1;
	screen.titles = writes && reads && term != NULL && has_title(term);
	screen.edits = writes && reads && term != NULL && *term != '\0' &&
	    strcmp(term, "dumb") != 0 && known_columns() >= LEAST_COLUMNS;
	screen.utf8 = text_reader_has_utf8();
	if (!writes)
		set_variable("NO_COLOR", "1");
	if (!screen.utf8 && tcgetattr(screen.terminal, &settings) == 0 &&
	    (settings.c_iflag & IUTF8) != 0) {
		set_variable("LC_ALL", "C.UTF-8");
		screen.utf8 = text_reader_has_utf8();
	}
}

int
screen_terminal(void)
{
	return screen.terminal;
}

bool
screen_can_edit(void)
{
	return screen.edits;
}

/* Whoever reads us may have a descriptor that does not block. */
static void
put_all(const char *bytes, size_t len)
{
	struct pollfd output = {.fd = STDOUT_FILENO, .events = POLLOUT};
	ssize_t n;

	for (; len > 0 && !screen.failed; bytes += n, len -= (size_t)n) {
		n = write(STDOUT_FILENO, bytes, len);
		if (n == -1 && errno == EAGAIN)
			(void)poll(&output, 1, -1);
		else if (n == -1 && errno != EINTR) {
			warn("standard output");
			loop_end(TERMINAL_OUTPUT);
			screen.failed = true;
			return;
		}
		if (n == -1)
			n = 0;
	}
}

static void
put_string(const char *string)
{
	put_all(string, strlen(string));
}

void
screen_begin(void)
{
	if (screen.titles)
		put_string(TITLE_SAVE);
	screen_mark_pastes(true);
}

const char *
screen_end(void)
{
	if (screen.titles)
		return screen.edits ? MARKS_OFF TITLE_RESTORE : TITLE_RESTORE;
	return screen.edits ? MARKS_OFF : "";
}

void
screen_mark_pastes(bool on)
{
	if (screen.edits)
		put_string(on ? MARKS_ON : MARKS_OFF);
}

static void
put_title(void)
{
	char title[64];

	if (!screen.titles)
		return;
	(void)snprintf(title, sizeof(title),
	    screen.unread > 0 ? TITLE "(%u) chat" TITLE_END
			      : TITLE "chat" TITLE_END,
	    screen.unread);
	put_string(title);
}

void
screen_arrived(void)
{
	screen.unread++;
	put_title();
}

void
screen_typed(void)
{
	if (screen.unread == 0)
		return;
	screen.unread = 0;
	put_title();
}

/*
 * Ends the line of a prompt, and puts these bytes behind it; in one write, so
 * that what is typed at that moment is hardly ever echoed between the two.
 */
static void
put_below(const char *bytes, size_t len)
{
	char newline = '\n';
	const struct iovec both[] = {{&newline, 1}, {(void *)bytes, len}};
	ssize_t n = writev(STDOUT_FILENO, both, 2);

	if (n < 1) {
		put_all(&newline, 1);
		n = 1;
	}
	put_all(bytes + n - 1, len + 1 - (size_t)n);
}

void
screen_put(const char *bytes, size_t len)
{
	if (screen.prompted)
		put_below(bytes, len);
	else
		put_all(bytes, len);
	screen.prompted = false;
}

void
screen_line(char *line, size_t len)
{
	line[len] = '\n';
	screen_put(line, len + 1);
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

void
screen_relay_all(char *lines)
{
	char *line;

	while ((line = strsep(&lines, "\n")) != NULL)
		if (*line != '\0')
			screen_relay(line, strlen(line));
}
