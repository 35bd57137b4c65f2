/* chat-terminal: a chat in one terminal. See chat-terminal(1). */
#include <err.h>
#include <limits.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "common/base/descriptors.h"
#include "sender/chat/commands.h"
#include "sender/chat/errands.h"
#include "sender/chat/guard.h"
#include "sender/chat/keyboard.h"
#include "sender/chat/listener.h"
#include "sender/chat/loop.h"
#include "sender/chat/screen.h"
#include "sender/chat/settings.h"

#define EXIT_USAGE 64
#define EXIT_SYSTEM 71
#define LISTEN_SYSTEM                                          \
	71 /* the exit status of chat-listen for a port in use \
	    */

/* A secret may be typed: forbids core files and tracing. */
static void
guard_memory(void)
{
	const struct rlimit none = {0, 0};

	if (setrlimit(RLIMIT_CORE, &none) != 0 ||
	    prctl(PR_SET_DUMPABLE, 0) != 0)
		err(EXIT_SYSTEM, "cannot forbid core dumps");
}

/* The other programs stand beside this one, or else in PATH. */
static void
find_programs(void)
{
	const char *path = getenv("PATH");
	char place[PATH_MAX], *all;
	ssize_t n = readlink("/proc/self/exe", place, sizeof(place) - 1);

	if (n <= 0)
		return;
	place[n] = '\0';
	*strrchr(place, '/') = '\0';
	if (asprintf(&all, "%s%s%s", place, path == NULL ? "" : ":",
		path == NULL ? "" : path) == -1 ||
	    setenv("PATH", all, 1) != 0)
		err(EXIT_SYSTEM, "malloc");
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
		if (loop_is_over() || status != LISTEN_SYSTEM ||
		    !settings->asks_port || !settings_ask_port(settings)) {
			loop_end(status);
			return false;
		}
	return setenv("CHAT_USER", listener_name(), 1) == 0;
}

/* Without an answer there is nothing to do, unless /quit was typed. */
static void
talk(struct settings *settings)
{
	if (!settings_ask(settings)) {
		loop_end(commands_quit() ? 0 : EXIT_USAGE);
		return;
	}
	errands_keep(settings->keep);
	if (start_listener(settings))
		commands_run(settings->log);
	loop_end(0);
}

int
main(int argc, char *argv[])
{
	static struct settings settings;

	if (descriptors_fill() != 0)
		err(EXIT_SYSTEM, "cannot open /dev/null");
	(void)setlocale(LC_CTYPE, "C.UTF-8");
	settings_read(argc, argv, &settings);
	guard_memory();
	find_programs();
	screen_open();
	guard_start();
	loop_open();
	keyboard_open();
	talk(&settings);
	errands_stop();
	listener_stop();
	keyboard_close();
	return loop_status();
}
