/* The lines that are typed, or come from a pipe. */
#include "sender/chat/keyboard.h"

#include <errno.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "common/base/limits.h"
#include "common/base/text.h"
#include "sender/chat/editor.h"
#include "sender/chat/loop.h"
#include "sender/chat/screen.h"
#include "sender/exit.h"

#define LIMIT_TYPED                                              \
	4095 /* bytes of a line that a terminal does not cut off \
	      */

static struct {
	bool terminal, edits;
	struct termios before;
	char bytes[LIMIT_TEXT + 2];
	size_t len, used;  /* `used` were handed out, with */
	size_t line;       /* a line of this length */
	bool ended, skips; /* skips: in a line that was too long */
} keyboard;

static void
set_echo(bool on)
{
	struct termios settings = keyboard.before;

	if (!on)
		settings.c_lflag &= ~(tcflag_t)ECHO;
	if (keyboard.terminal)
		(void)tcsetattr(STDIN_FILENO, TCSANOW, &settings);
}

void
keyboard_open(const char *(*next)(size_t n))
{
	keyboard.terminal = isatty(STDIN_FILENO) == 1;
	if (keyboard.terminal)
		(void)tcgetattr(STDIN_FILENO, &keyboard.before);
	screen_begin();
	if (!screen_can_edit())
		return;
	set_echo(false);
	keyboard.edits = editor_open(next);
	set_echo(!keyboard.edits);
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
	if (n > 0)
		screen_typed();
	if (n > 0 && memchr(keyboard.bytes, '\n', keyboard.len) != NULL)
		screen_entered();
}

/* Takes the next line; NULL if there is none yet. */
static char *
take_line(void)
{
	char *lf = memchr(keyboard.bytes, '\n', keyboard.len);
	bool full = keyboard.len == sizeof(keyboard.bytes) - 1;

	if (lf == NULL && full) {
		keyboard.skips = true;
		keyboard.len = 0;
	}
	if (lf == NULL && (!keyboard.ended || keyboard.len == 0))
		return NULL;
	keyboard.line =
	    lf != NULL ? (size_t)(lf - keyboard.bytes) : keyboard.len;
	keyboard.used = keyboard.line + (lf != NULL ? 1 : 0);
	keyboard.bytes[keyboard.line] = '\0';
	return keyboard.bytes;
}

/* Returns what is wrong with the line that take_line() has returned, or NULL.
 */
static const char *
fault_of(const char *line)
{
	bool skipped = keyboard.skips;

	keyboard.skips = false;
	if (skipped || (keyboard.terminal && strlen(line) >= LIMIT_TYPED))
		return "the line is too long for a terminal; use chat-send";
	if (strlen(line) < keyboard.line)
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
	if (keyboard.terminal)
		keyboard.ended = false; /* Ctrl-D ends one line only */
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
		screen_say("not sent: %s", why);
		loop_note(SEND_MESSAGE);
	}
	if (keyboard.edits && line[0] != '\0')
		editor_remember(line);
	return line;
}

/* A secret that is pasted has no marks around it. */
char *
keyboard_secret(const char *prompt)
{
	const char *why;
	char *line;

	screen_mark_pastes(false);
	set_echo(false);
	line = plain_line(prompt);
	if (keyboard.terminal)
		screen_put("\n", 1);
	set_echo(!keyboard.edits);
	screen_mark_pastes(true);
	if (line == NULL || (why = fault_of(line)) == NULL)
		return line;
	screen_say("no secret: %s", why);
	return NULL;
}

void
keyboard_close(void)
{
	const char *end = screen_end();

	if (screen_prompted())
		screen_put("", 0);
	if (keyboard.edits)
		editor_close();
	screen_put(end, strlen(end));
	set_echo(true);
}
