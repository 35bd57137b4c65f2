/* The names in the directory. Passwords never come here. */
#include "sender/chat/users.h"

#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "sender/chat/child.h"
#include "sender/chat/exit.h"
#include "sender/chat/screen.h"

#define SIZE_SEVERAL 400 /* bytes of names in a message */

static struct {
	char *text; /* what chat-send wrote; names point there */
	struct contact *list;
	size_t count;
	struct stat seen, looked; /* when it was read, and at the last look */
} users;

static void
note_file(struct stat *st)
{
	const char *path = getenv("CHAT_DIRECTORY");

	if (path == NULL || stat(path, st) != 0)
		memset(st, 0, sizeof(*st));
}

static bool
is_same(const struct stat *a, const struct stat *b)
{
	return a->st_dev == b->st_dev && a->st_ino == b->st_ino &&
	    a->st_size == b->st_size &&
	    a->st_mtim.tv_sec == b->st_mtim.tv_sec &&
	    a->st_mtim.tv_nsec == b->st_mtim.tv_nsec;
}

bool
users_changed(void)
{
	struct stat before = users.looked;

	note_file(&users.looked);
	return !is_same(&users.looked, &users.seen) &&
	    is_same(&users.looked, &before);
}

/* Lines of "name host port". */
static void
take_lines(char *text)
{
	size_t lines = 1;
	char *line, *name;

	for (const char *p = text; *p != '\0'; p++)
		lines += *p == '\n' ? 1 : 0;
	free(users.list);
	users.list = calloc(lines, sizeof(*users.list));
	users.count = 0;
	if (users.list == NULL)
		err(TERMINAL_SYSTEM, "malloc");
	while ((line = strsep(&text, "\n")) != NULL) {
		if (*line == '\0')
			continue;
		name = strsep(&line, " ");
		(void)strsep(&line, " ");
		users.list[users.count].name = name;
		users.list[users.count++].port =
		    line == NULL ? 0 : (unsigned)strtoul(line, NULL, 10);
	}
}

int
users_read(void)
{
	static char *const argv[] = {"chat-send", "-qLv", NULL};
	char *text;
	int status;

	note_file(&users.seen);
	if ((status = child_run(argv, &text)) != 0) {
		screen_relay_all(text);
		free(text);
		return status;
	}
	take_lines(text);
	free(users.text);
	users.text = text;
	return 0;
}

size_t
users_count(void)
{
	return users.count;
}

const struct contact *
users_get(size_t i)
{
	return &users.list[i];
}

const struct contact *
users_find(const char *name)
{
	for (size_t i = 0; i < users.count; i++)
		if (strcmp(users.list[i].name, name) == 0)
			return &users.list[i];
	return NULL;
}

static void
add_name(char several[SIZE_SEVERAL], const char *name)
{
	if (strlen(several) + strlen(name) + 2 > SIZE_SEVERAL - 4) {
		if (strstr(several, "...") == NULL)
			(void)strlcat(several, " ...", SIZE_SEVERAL);
		return;
	}
	(void)strlcat(several, " ", SIZE_SEVERAL);
	(void)strlcat(several, name, SIZE_SEVERAL);
}

const struct contact *
users_choose(const char *typed)
{
	const struct contact *found = users_find(typed);
	char several[SIZE_SEVERAL] = "", number[24];
	size_t fits = 0;

	for (size_t i = 0; found == NULL && i < users.count; i++) {
		(void)snprintf(number, sizeof(number), "%zu", i + 1);
		if (strcmp(number, typed) == 0)
			found = &users.list[i];
	}
	if (found != NULL || users.list == NULL)
		return found;
	for (size_t i = 0; i < users.count; i++)
		if (strncmp(users.list[i].name, typed, strlen(typed)) == 0) {
			found = &users.list[i];
			fits++;
			add_name(several, found->name);
		}
	if (fits == 1)
		return found;
	if (fits == 0)
		screen_say("'%s' is not in the directory; /who lists the names",
		    typed);
	else
		screen_say(
		    "'%s' matches several names:%s; type more of the name",
		    typed, several);
	return NULL;
}
