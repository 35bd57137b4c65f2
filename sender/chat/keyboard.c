/* The lines that are typed, or come from a pipe. */
#include "sender/chat/keyboard.h"

#include <errno.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "common/base/text.h"
#include "sender/chat/editor.h"
#include "sender/chat/loop.h"
#include "sender/chat/screen.h"

#define LIMIT_TYPED                                              \
	4095 /* bytes of a line that a terminal does not cut off \
	      */

static struct {
	bool terminal, edits;
	struct termios before;
	char bytes[LIMIT_TEXT + 2];
	size_t len, used;  /* `used` were handed out */
	bool ended, skips; /* skips: in a line that was too long */
} keyboard;

void
keyboard_open(void)
{
	keyboard.terminal = isatty(STDIN_FILENO) == 1;
	if (keyboard.terminal)
		(void)tcgetattr(STDIN_FILENO, &keyboard.before);
	keyboard.edits = screen_can_edit() && editor_open();
}

bool
keyboard_is_terminal(void)
{
	return keyboard.terminal;
}

/* Forgets the line that was handed out, and wipes it. */
static void
drop_used(void)
{
	keyboard.len -= keyboard.used;
	memmove(keyboard.bytes, keyboard.bytes + keyboard.used, keyboard.len);
	explicit_bzero(keyboard.bytes + keyboard.len, keyboard.used);
	keyboard.used = 0;
}

/* Reads what is there. */
static void
fill(void)
{
	ssize_t n = read(STDIN_FILENO, keyboard.bytes + keyboard.len,
	    sizeof(keyboard.bytes) - 1 - keyboard.len);

	if (n > 0)
		keyboard.len += (size_t)n;
	else if (n == 0 || (errno != EINTR && errno != EAGAIN))
		keyboard.ended = true;
	if (n > 0 && memchr(keyboard.bytes, '\n', keyboard.len) != NULL)
		screen_entered();
}

/* Takes the next line; NULL if there is none yet. */
static char *
take_line(void)
{
	char *lf = memchr(keyboard.bytes, '\n', keyboard.len);
	bool full = keyboard.len == sizeof(keyboard.bytes) - 1;
	size_t len;

	if (lf == NULL && full) {
		keyboard.skips = true;
		keyboard.len = 0;
	}
	if (lf == NULL && (!keyboard.ended || keyboard.len == 0))
		return NULL;
	len = lf != NULL ? (size_t)(lf - keyboard.bytes) : keyboard.len;
	keyboard.used = lf != NULL ? len + 1 : len;
	keyboard.bytes[len] = '\0';
	return keyboard.bytes;
}

/* Returns what is wrong with the line that take_line() has returned, or NULL.
 */
static const char *
fault_of(const char *line)
{
	size_t len = keyboard.used - (keyboard.ended ? 0 : 1);
	bool skipped = keyboard.skips;

	keyboard.skips = false;
	if (skipped || (keyboard.terminal && strlen(line) >= LIMIT_TYPED))
		return "the line is too long for a terminal; use chat-send";
	if (strlen(line) < len && line[len - 1] != '\0')
		return "the line has a NUL character";
	if (!text_is_utf8(line, strlen(line)))
		return "what was typed is not UTF-8; does the terminal use another encoding?";
	return NULL;
}

/* Lines that the terminal itself edits, or that come from a pipe. */
static char *
plain_line(const char *prompt)
{
	char *line;

	drop_used();
	while ((line = take_line()) == NULL && !keyboard.ended) {
		if (keyboard.terminal && !screen_prompted())
			screen_prompt(prompt);
		switch (loop_wait(true)) {
		case LOOP_OVER:
			return NULL;
		case LOOP_OTHER:
			loop_serve();
			break;
		default:
			fill();
		}
	}
	return line;
}

static void
refuse(const char *why)
{
	screen_say("not sent: %s", why);
}

const char *
keyboard_line(const char *prompt)
{
	const char *line, *why;
	bool spoilt = false;

	for (;;) {
		if (loop_is_over())
			return NULL;
		line = keyboard.edits ? editor_line(prompt, &spoilt)
				      : plain_line(prompt);
		if (line == NULL)
			return NULL;
		why = !keyboard.edits ? fault_of(line)
		    : spoilt
		    ? "what was typed is not UTF-8, or too long; does the terminal use another encoding?"
		    : NULL;
		if (why == NULL)
			break;
		refuse(why);
	}
	if (keyboard.edits && line[0] != '\0')
		editor_remember(line);
	return line;
}

/* The editor leaves a terminal that does not echo; otherwise it is set here. */
char *
keyboard_secret(const char *prompt)
{
	struct termios quiet = keyboard.before;
	char *line;

	quiet.c_lflag &= ~(tcflag_t)ECHO;
	if (keyboard.terminal)
		(void)tcsetattr(STDIN_FILENO, TCSANOW, &quiet);
	line = plain_line(prompt);
	if (keyboard.terminal)
		screen_put("\n", 1);
	if (keyboard.terminal && !keyboard.edits)
		(void)tcsetattr(STDIN_FILENO, TCSANOW, &keyboard.before);
	return line;
}

void
keyboard_close(void)
{
	if (screen_prompted())
		screen_put("", 0);
	if (keyboard.edits)
		editor_close();
	if (keyboard.terminal)
		(void)tcsetattr(STDIN_FILENO, TCSANOW, &keyboard.before);
}
