/* Who is there. */
#include "sender/chat/who.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "common/base/text.h"
#include "sender/chat/errands.h"
#include "sender/chat/listener.h"
#include "sender/chat/screen.h"
#include "sender/chat/users.h"

/* What is known of the users since the last /who. */
static struct {
	bool asking;
	size_t count;
	char names[MOST_RECIPIENTS][LIMIT_NAME + 1];
	char states[MOST_RECIPIENTS][SIZE_QUOTE];
} who;

static void
note_answer(const char *name, const char *why)
{
	for (size_t i = 0; i < who.count; i++)
		if (strcmp(who.names[i], name) == 0)
			(void)strlcpy(who.states[i],
			    why == NULL ? "is there" : why,
			    sizeof(who.states[i]));
}

/* Returns what to show of a user. */
static const char *
state_of(const char *name)
{
	for (size_t i = 0; i < who.count; i++)
		if (strcmp(who.names[i], name) == 0)
			return who.states[i];
	return strcmp(name, listener_name()) == 0 ? "(you)" : "(not asked)";
}

static void
list_users(void)
{
	char row[SIZE_QUOTE];

	for (size_t i = 0; i < users_count(); i++) {
		(void)snprintf(row, sizeof(row), "%zu  %s  %s", i + 1,
		    users_get(i)->name, state_of(users_get(i)->name));
		screen_relay(row, strlen(row));
	}
	who.count = 0;
	who.asking = false;
}

/* Asks the first users whether they are there; the list comes then. */
void
who_run(size_t count, char *words[])
{
	char names[MOST_RECIPIENTS * (LIMIT_NAME + 1) + 1] = "";

	(void)count;
	(void)words;
	if (who.asking)
		return;
	for (size_t i = 0; i < users_count() && who.count < MOST_RECIPIENTS;
	    i++) {
		const char *name = users_get(i)->name;

		if (strcmp(name, listener_name()) == 0)
			continue;
		(void)strlcat(names, who.count > 0 ? "," : "", sizeof(names));
		(void)strlcat(names, name, sizeof(names));
		(void)strlcpy(
		    who.states[who.count], "no answer", sizeof(who.states[0]));
		(void)strlcpy(
		    who.names[who.count++], name, sizeof(who.names[0]));
	}
	who.asking = who.count > 0 && !errands_full();
	if (who.asking)
		errands_ask(names, note_answer, list_users);
	else
		list_users();
}
