/* chat-terminal: a chat in one terminal. See chat-terminal(1). */
#include <err.h>
#include <limits.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/base/descriptors.h"
#include "common/base/privdrop.h"
#include "sender/chat/commands.h"
#include "sender/chat/errands.h"
#include "sender/chat/exit.h"
#include "sender/chat/keyboard.h"
#include "sender/chat/last.h"
#include "sender/chat/listener.h"
#include "sender/chat/loop.h"
#include "sender/chat/rescue.h"
#include "sender/chat/screen.h"
#include "sender/chat/settings.h"

/*
 * The other programs stand beside this one, or else in PATH. A PATH without a
 * name would mean the current folder.
 */
static void
find_programs(void)
{
	const char *path = getenv("PATH");
	bool has_path = path != NULL && *path != '\0';
	char place[PATH_MAX], *all;
	ssize_t n = readlink("/proc/self/exe", place, sizeof(place) - 1);

	if (n <= 0)
		return;
	place[n] = '\0';
	*strrchr(place, '/') = '\0';
	if (asprintf(&all, "%s%s%s", place, has_path ? ":" : "",
		has_path ? path : "") == -1 ||
	    setenv("PATH", all, 1) != 0)
		err(TERMINAL_SYSTEM, "malloc");
	free(all);
}

/* Starts chat-listen. A port that was asked for is asked for again. */
static bool
start_listener(struct settings *settings)
{
	const struct listener_words words = {.directory = settings->directory,
	    .port = settings->port,
	    .user = settings->user,
	    .log = settings->log};
	int status;

	while ((status = listener_start(&words)) != -1)
		if (loop_is_over() || status != TERMINAL_SYSTEM ||
		    !settings->asks_port || !settings_ask_port(settings)) {
			loop_end(status);
			return false;
		}
	if (setenv("CHAT_USER", listener_name(), 1) != 0)
		err(TERMINAL_SYSTEM, "setenv");
	return true;
}

/* Without an answer there is nothing to do, unless /quit was typed. */
static void
talk(struct settings *settings)
{
	if (!settings_ask(settings)) {
		loop_end(commands_quit() ? 0 : TERMINAL_USAGE);
		return;
	}
	errands_keep(settings->keep_s);
	if (start_listener(settings))
		commands_run(settings->log);
	loop_end(0);
}

int
main(int argc, char *argv[])
{
	static struct settings settings;

	if (descriptors_fill() != 0)
		err(TERMINAL_SYSTEM, "cannot open /dev/null");
	(void)setlocale(LC_CTYPE, "C.UTF-8");
	settings_read(argc, argv, &settings);
	/* A secret may be typed. */
	if (privdrop_dumps() != 0)
		err(TERMINAL_SYSTEM, "cannot forbid core dumps");
	find_programs();
	screen_open();
	rescue_start();
	loop_open();
	keyboard_open(commands_word);
	talk(&settings);
	errands_stop();
	last_stop();
	listener_stop();
	keyboard_close();
	rescue_cancel();
	return loop_status();
}
