/* The last messages of the received log, as chat-log shows them. */
#include "sender/chat/last.h"

#include <stdio.h>
#include <string.h>

#include "common/base/limits.h"
#include "sender/chat/loop.h"
#include "sender/chat/run.h"
#include "sender/chat/screen.h"

#define HEADER "chat-log: "

/* No line of a message begins like a line that chat-log says. */
static void
take_record(void *arg, char *line, size_t len)
{
	(void)arg;
	if (strncmp(line, HEADER, strlen(HEADER)) == 0)
		screen_relay(line, len);
	else
		screen_line(line, len);
}

static void
note_end(void *arg, int status)
{
	(void)arg;
	loop_note(status);
}

static char bytes[2 * LIMIT_TEXT];
static struct run last = {.feed = {.bytes = bytes, .size = sizeof(bytes)},
    .take = take_record,
    .done = note_end};

void
last_show(char *log, char *number)
{
	char columns[24];
	char *argv[] = {
	    "chat-log", "-t", columns, "-n", number, "--", log, NULL};

	(void)snprintf(columns, sizeof(columns), "%u", screen_columns());
	if (last.pid != 0)
		screen_say("the log is still being read");
	else
		run_start(&last, argv, -1, -1);
}

bool
last_is_running(void)
{
	return last.pid != 0;
}

void
last_stop(void)
{
	if (last.pid != 0)
		run_stop(&last);
}
