/*
 * Editing with libedit. It waits for keys in el_wgets(), which asks get_key()
 * for the next one, and there the loop waits for everything else too. Only
 * libedit knows where its line stands on the screen. So before something else
 * is written, get_key() returns the key TOGGLE: its function takes text and
 * prompt away, libedit clears what it had drawn, and asks for another key. A
 * second TOGGLE brings the line back. If libedit was waiting for the rest of a
 * sequence of characters that is one key, TOGGLE made it forget the start; then
 * the start is repeated before the rest.
 */
#include "sender/chat/editor.h"

#include <err.h>
#include <errno.h>
#include <histedit.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <wchar.h>

#include "common/base/clock.h"
#include "common/base/limits.h"
#include "common/base/text.h"
#include "sender/chat/exit.h"
#include "sender/chat/loop.h"
#include "sender/chat/screen.h"

/* Characters that nobody can type. */
#define TOGGLE L'\x80'
#define PASTED L'\x81' /* more of what is pasted has come */
#define ESCAPE L'\x1b'
#define MOST_KEY 16 /* characters of a sequence that is one key */
#define PASTE_END "\033[201~"
#define PASTE_PAUSE_MS 50   /* in a paste; then messages are shown, too */
#define PASTE_LOST_MS 10000 /* then its end mark will not come */
#define REMEMBERED 100      /* lines */
#define SIZE_PROMPT 512

static struct {
	EditLine *el;
	HistoryW *history;
	const char *prompt;
	bool hidden, spoilt;
	wchar_t *saved; /* the text of a hidden line */
	size_t saved_cursor;
	char bytes[16]; /* typed, and not taken yet */
	size_t len;
	wchar_t start[MOST_KEY]; /* of a key whose rest has not come yet */
	size_t start_len, given; /* libedit knows `given` characters of it */
	const char *(*next)(size_t n);
} editor;

/* What is being pasted. */
static struct {
	bool goes_on;
	int64_t last_ms;
	wchar_t last;
	size_t count, newlines; /* newlines: not inserted yet */
} paste;

static wchar_t *
get_prompt(EditLine *el)
{
	static wchar_t prompt[SIZE_PROMPT];

	(void)el;
	prompt[0] = L'\0';
	if (!editor.hidden)
		(void)swprintf(prompt, SIZE_PROMPT, L"%s", editor.prompt);
	return prompt;
}

/*
 * Adds a byte that was typed. What was typed ahead stays in the terminal: it
 * may be the answer to a question for a secret. Returns false at the end.
 */
static bool
read_byte(void)
{
	ssize_t n = read(STDIN_FILENO, editor.bytes + editor.len, 1);

	if (n > 0)
		editor.len += (size_t)n;
	return n > 0 || (n == -1 && (errno == EINTR || errno == EAGAIN));
}

/* Whether the bytes are the start of a character of UTF-8. */
static bool
is_partial(void)
{
	unsigned char lead = (unsigned char)editor.bytes[0];
	size_t need = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;

	if (lead < 0xc2 || lead > 0xf4 || editor.len >= need)
		return false;
	for (size_t i = 1; i < editor.len; i++)
		if (((unsigned char)editor.bytes[i] & 0xc0) != 0x80)
			return false;
	return true;
}

/*
 * Takes a character off the bytes. Leaves out bytes that are not UTF-8, and
 * control characters that no key is. Returns false if more bytes are needed.
 */
static bool
take_character(wchar_t *key)
{
	while (editor.len > 0) {
		const char *p = editor.bytes;
		int32_t c = text_next(&p, p + editor.len);
		size_t used = (size_t)(p - editor.bytes);

		if (c == -1 && is_partial())
			return false;
		used += c == -1 ? 1 : 0;
		editor.len -= used;
		memmove(editor.bytes, editor.bytes + used, editor.len);
		*key = (wchar_t)c;
		if (c > 0 && (c < 0x80 || c >= 0xa0))
			return true;
		editor.spoilt = true;
	}
	return false;
}

/* Remembers a character if more have to come: ESC, ESC [ 1, or ESC O. */
static void
note_start(wchar_t c)
{
	size_t len = editor.start_len;
	bool goes_on = len == 0 ? c == ESCAPE
	    : len == 1          ? c == L'[' || c == L'O'
				: editor.start[1] == L'[' && c < L'@';

	if (goes_on && len < MOST_KEY)
		editor.start[editor.start_len++] = c;
	else
		editor.start_len = 0;
	editor.given = editor.start_len;
}

/* Finds out what libedit has to get before what was typed now. */
static bool
needs_key(wchar_t *key)
{
	if (editor.hidden)
		*key = TOGGLE;
	else if (paste.goes_on)
		*key = PASTED;
	else if (editor.given < editor.start_len)
		*key = editor.start[editor.given++];
	else
		return false;
	return true;
}

/* What libedit calls for each key: returns 1, or 0 at the end. */
static int
get_key(EditLine *el, wchar_t *key)
{
	(void)el;
	while (paste.goes_on || !take_character(key)) {
		*key = TOGGLE;
		switch (loop_wait(true)) {
		case LOOP_OVER:
			return 0;
		case LOOP_OTHER:
			editor.given = 0;
			if (!editor.hidden)
				return 1;
			loop_serve();
			return loop_is_over() ? 0 : 1;
		default:
			if (needs_key(key))
				return 1;
			if (!read_byte())
				return 0;
			screen_typed();
		}
	}
	note_start(*key);
	return 1;
}

static void
hide(EditLine *el)
{
	const LineInfoW *line = el_wline(el);
	size_t len = (size_t)(line->lastchar - line->buffer);

	editor.saved = calloc(len + 1, sizeof(*editor.saved));
	if (editor.saved == NULL)
		err(TERMINAL_SYSTEM, "malloc");
	wmemcpy(editor.saved, line->buffer, len);
	editor.saved_cursor = (size_t)(line->cursor - line->buffer);
	(void)el_cursor(el, (int)(len - editor.saved_cursor));
	el_wdeletestr(el, (int)len);
}

static void
unhide(EditLine *el)
{
	size_t len = wcslen(editor.saved);

	if (len > 0)
		(void)el_winsertstr(el, editor.saved);
	(void)el_cursor(el, (int)editor.saved_cursor - (int)len);
	free(editor.saved);
	editor.saved = NULL;
}

static unsigned char
toggle(EditLine *el, int key)
{
	(void)key;
	if (editor.hidden)
		unhide(el);
	else
		hide(el);
	editor.hidden = !editor.hidden;
	return CC_REFRESH;
}

/* Waits for more bytes of a paste. Everything else has to wait that long. */
static bool
await_paste(void)
{
	struct pollfd input = {.fd = STDIN_FILENO, .events = POLLIN};

	if (poll(&input, 1, PASTE_PAUSE_MS) != 1)
		return false;
	paste.goes_on = read_byte();
	return paste.goes_on;
}

/*
 * Inserts a pasted character. Newlines wait for the next one: at the end of
 * what is pasted they only end its last line.
 */
static void
insert(EditLine *el, wchar_t c)
{
	wchar_t text[2] = L"\n";

	if (c == L'\r' || c == L'\n') {
		paste.newlines += c == L'\n' && paste.last == L'\r' ? 0 : 1;
	} else {
		for (; paste.newlines > 0; paste.newlines--)
			if (el_winsertstr(el, text) != 0)
				editor.spoilt = true;
		text[0] = c;
		if (el_winsertstr(el, text) != 0)
			editor.spoilt = true;
	}
	paste.last = c;
}

/* Takes the end mark of a paste off the bytes. Sets *maybe if it may come. */
static bool
take_mark(bool *maybe)
{
	static const char mark[] = PASTE_END;
	size_t size = sizeof(mark) - 1;

	*maybe = memcmp(editor.bytes, mark,
		     editor.len < size ? editor.len : size) == 0;
	if (!*maybe || editor.len < size)
		return false;
	editor.len -= size;
	memmove(editor.bytes, editor.bytes + size, editor.len);
	return true;
}

/* Inserts what is pasted as it is, up to the end mark, or what has come of it.
 */
static unsigned char
insert_paste(EditLine *el, int key)
{
	bool maybe;
	wchar_t c;

	(void)key;
	if (!paste.goes_on)
		memset(&paste, 0, sizeof(paste));
	else if (clock_now_ms() > paste.last_ms + PASTE_LOST_MS) {
		paste.goes_on = false;
		return CC_REFRESH;
	}
	paste.goes_on = true;
	paste.last_ms = clock_now_ms();
	while (!take_mark(&maybe))
		if (maybe || !take_character(&c)) {
			if (!await_paste())
				return CC_REFRESH;
		} else if (++paste.count > LIMIT_TEXT)
			editor.spoilt = true;
		else
			insert(el, c);
	paste.goes_on = false;
	return CC_REFRESH;
}

/* Whether the characters before the cursor are the start of a word. */
static bool
begins(const wchar_t *typed, size_t len, const char *word)
{
	for (size_t i = 0; i < len; i++)
		if (typed[i] != (wchar_t)(unsigned char)word[i])
			return false;
	return true;
}

/* Completes the last word before the cursor as far as all that fit agree. */
static unsigned char
complete(EditLine *el, int key)
{
	const LineInfoW *line = el_wline(el);
	const wchar_t *start = line->cursor;
	const char *word, *found = NULL;
	wchar_t rest[LIMIT_NAME + 2];
	size_t typed, common = 0, fits = 0;

	(void)key;
	while (start > line->buffer && start[-1] != L' ')
		start--;
	typed = (size_t)(line->cursor - start);
	for (size_t n = 0; (word = editor.next(n)) != NULL; n++) {
		if (!begins(start, typed, word))
			continue;
		if (fits++ == 0) {
			found = word;
			common = strlen(word);
		}
		for (size_t i = typed; i < common; i++)
			if (word[i] != found[i])
				common = i;
	}
	if (fits == 0 || common == typed || common - typed > LIMIT_NAME)
		return fits == 1 ? CC_NORM : CC_REFRESH_BEEP;
	(void)swprintf(rest, LIMIT_NAME + 2, L"%.*s", (int)(common - typed),
	    found + typed);
	return el_winsertstr(el, rest) == 0 ? CC_REFRESH : CC_ERROR;
}

/* Called while nothing is drawn, by loop_serve(). */
static void
resized(void)
{
	el_resize(editor.el);
}

static void
bind_keys(EditLine *el)
{
	static const wchar_t *const keys[][2] = {{L"\\200", L"chat-toggle"},
	    {L"\\e[200~", L"chat-paste"}, {L"\\201", L"chat-paste"},
	    {L"^I", L"chat-complete"}, {L"\\e[1~", L"ed-move-to-beg"},
	    {L"\\e[4~", L"ed-move-to-end"}, {L"\\e[H", L"ed-move-to-beg"},
	    {L"\\e[F", L"ed-move-to-end"}, {L"\\e[3~", L"ed-delete-next-char"}};
	/* These read keys of their own, and could take a TOGGLE for text. */
	static const wchar_t *const removed[] = {
	    L"^V", L"^Q", L"\\ex", L"\\eX"};

	(void)el_wset(el, EL_ADDFN, L"chat-toggle", L"", toggle);
	(void)el_wset(el, EL_ADDFN, L"chat-paste", L"", insert_paste);
	(void)el_wset(el, EL_ADDFN, L"chat-complete", L"", complete);
	for (size_t i = 0; i < sizeof(removed) / sizeof(removed[0]); i++)
		(void)el_wset(el, EL_BIND, L"-r", removed[i], NULL);
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		(void)el_wset(el, EL_BIND, keys[i][0], keys[i][1], NULL);
}

bool
editor_open(const char *(*next)(size_t n))
{
	HistEventW event;

	editor.next = next;
	editor.el = el_init("chat", stdin, stdout, stderr);
	editor.history = history_winit();
	if (editor.el == NULL || editor.history == NULL)
		err(TERMINAL_SYSTEM, "cannot set libedit up");
	(void)history_w(editor.history, &event, H_SETSIZE, REMEMBERED);
	/* Between two lines it would echo, and a secret may be typed ahead. */
	(void)el_wset(editor.el, EL_SETTY, L"-x", L"-echo", NULL);
	(void)el_wset(editor.el, EL_EDITOR, L"emacs");
	(void)el_wset(editor.el, EL_PROMPT, get_prompt);
	(void)el_wset(editor.el, EL_HIST, history_w, editor.history);
	(void)el_wset(editor.el, EL_GETCFN, get_key);
	bind_keys(editor.el);
	loop_on_resize(resized);
	return true;
}

/* Leaves the typed line on the screen, and the cursor below it. */
static const char *
end_line(const wchar_t *line, int count)
{
	static char *text;
	size_t size = (size_t)(count > 0 ? count : 0) * MB_LEN_MAX + 1, len;

	free(text);
	text = NULL;
	if (line == NULL || count <= 0) {
		(void)fputs(editor.hidden ? "" : "\n", stdout);
		(void)fflush(stdout);
		return NULL;
	}
	if ((text = malloc(size)) == NULL)
		err(TERMINAL_SYSTEM, "malloc");
	len = wcstombs(text, line, size);
	if (len == (size_t)-1)
		text[len = 0] = '\0';
	if (len > 0 && text[len - 1] == '\n')
		text[len - 1] = '\0';
	return text;
}

const char *
editor_line(const char *prompt, bool *spoilt)
{
	const wchar_t *line;
	int count = 0;

	editor.prompt = prompt;
	editor.spoilt = false;
	line = el_wgets(editor.el, &count);
	*spoilt = editor.spoilt;
	return end_line(loop_is_over() ? NULL : line, count);
}

void
editor_remember(const char *line)
{
	wchar_t *wide = calloc(strlen(line) + 1, sizeof(*wide));
	HistEventW event;

	if (wide != NULL && mbstowcs(wide, line, strlen(line)) != (size_t)-1)
		(void)history_w(editor.history, &event, H_ENTER, wide);
	free(wide);
}

void
editor_close(void)
{
	el_end(editor.el);
	history_wend(editor.history);
}
