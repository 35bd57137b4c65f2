/* The commands and messages that are typed. */
#include "sender/chat/commands.h"

#include <err.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/base/text.h"
#include "sender/chat/child.h"
#include "sender/chat/errands.h"
#include "sender/chat/exit.h"
#include "sender/chat/keyboard.h"
#include "sender/chat/last.h"
#include "sender/chat/listener.h"
#include "sender/chat/loop.h"
#include "sender/chat/screen.h"
#include "sender/chat/users.h"
#include "sender/chat/who.h"
#include "sender/exit.h"

#define MOST_WORDS 5 /* of a command; the last has the rest of the line */
#define LAST "10"    /* messages that /last shows */
#define BLANKS " \t"

struct command {
	const char *name, *words, *help;
	bool early; /* may be typed before chat-listen runs */
	void (*run)(size_t count, char *words[]);
};

static struct {
	struct target target;
	char prompt[LIMIT_NAME + 4];
	char *log;
	bool running, quitting;
} chat = {.target.key = -1, .prompt = "> "};

static const struct command *find_command(const char *line);
static void execute(const char *line);

static char *
copy_of(const char *text)
{
	char *copy = strdup(text);

	if (copy == NULL)
		err(TERMINAL_SYSTEM, "malloc");
	return copy;
}

/* Lines go to this target from now on. Takes its key over. */
static void
set_target(struct target *target)
{
	if (chat.target.key != -1)
		(void)close(chat.target.key);
	target->choice = chat.target.choice + 1;
	chat.target = *target;
	(void)snprintf(
	    chat.prompt, sizeof(chat.prompt), "%s> ", chat.target.to);
}

/*
 * The prompt shows that the recipient has not changed. Without one, later lines
 * would go to somebody else.
 */
static void
fail_choice(int status)
{
	loop_note(status);
	chat.quitting |= !keyboard_is_terminal();
}

static void
choose(const char *typed)
{
	const struct contact *contact = users_choose(typed);
	struct target target = {.key = -1};

	if (contact == NULL) {
		fail_choice(SEND_RECIPIENT);
		return;
	}
	(void)strlcpy(target.to, contact->name, sizeof(target.to));
	set_target(&target);
}

const char *
commands_ask(const char *question)
{
	const char *line;

	while (!chat.quitting && (line = keyboard_line(question)) != NULL) {
		if (find_command(line) == NULL)
			return line;
		execute(line);
	}
	return NULL;
}

bool
commands_quit(void)
{
	return chat.quitting;
}

/* Returns whether there is a recipient. Commands can choose one, too. */
static bool
need_target(void)
{
	char name[SIZE_QUOTE];
	const char *line;

	while (chat.target.to[0] == '\0') {
		line = chat.quitting ? NULL : keyboard_line("to whom? ");
		if (line == NULL || line[strspn(line, BLANKS)] == '\0') {
			screen_say("not sent: no recipient");
			loop_note(TERMINAL_USAGE);
			return false;
		}
		if (find_command(line) != NULL) {
			execute(line);
			continue;
		}
		(void)strlcpy(name, line + strspn(line, BLANKS), sizeof(name));
		name[strcspn(name, BLANKS)] = '\0';
		choose(name);
	}
	return true;
}

/* A paste of several lines is one message, if that is meant. */
static bool
is_meant(const char *text)
{
	char question[LIMIT_NAME + 80];
	const char *answer;
	size_t lines = 1;

	for (const char *p = text; (p = strchr(p, '\n')) != NULL; p++)
		lines++;
	if (lines == 1)
		return true;
	(void)snprintf(question, sizeof(question),
	    "send these %zu lines to %s as one message? (y/n) ", lines,
	    chat.target.to);
	do
		answer = commands_ask(question);
	while (answer != NULL && strcmp(answer, "y") != 0 &&
	    strcmp(answer, "n") != 0);
	if (answer != NULL && *answer == 'y')
		return true;
	screen_say("not sent");
	return false;
}

/* Sends it to the recipient that the prompt, or the question, has named. */
static void
send_text(const char *text)
{
	unsigned choice;

	if (!need_target())
		return;
	choice = chat.target.choice;
	if (!is_meant(text))
		return;
	while (errands_full() && loop_wait(false) != LOOP_OVER)
		loop_serve();
	if (loop_is_over())
		screen_say("not sent");
	else if (chat.target.choice != choice)
		screen_say("not sent: the recipient has changed");
	else
		errands_send(&chat.target, text);
}

static void
run_to(size_t count, char *words[])
{
	choose(count > 1 ? words[1] : "");
}

/* Whether chat-send takes these words. Without a secret it asks nobody. */
static bool
can_be_at(const struct target *target)
{
	char *argv[] = {"chat-send", "-qn", "-a", (char *)target->address, "-p",
	    (char *)target->port, "-k", "/dev/null", "--", (char *)target->to,
	    NULL};
	char *output, *said;
	bool can = child_run(argv, &output) != SEND_USAGE;

	said = output;
	said[strcspn(said, "\n")] = '\0';
	if (strncmp(said, "chat-send: ", 11) == 0)
		said += 11;
	if (strncmp(said, "-a '", 4) == 0 || strncmp(said, "-p ", 3) == 0)
		said += 3;
	if (!can) {
		screen_say("%s", said);
		screen_say(
		    "usage: /at address port [name], as in /at 192.0.2.7 5000 bob");
	}
	free(output);
	return can;
}

/* The secret goes to a file without a name. Returns false without one. */
static bool
ask_secret(struct target *target)
{
	const struct command *command;
	char question[LIMIT_NAME + 32], *secret;

	(void)snprintf(
	    question, sizeof(question), "secret shared with %s: ", target->to);
	do {
		secret = keyboard_secret(question);
		if (secret == NULL)
			return false;
		command = find_command(secret);
		if (command != NULL)
			execute(secret);
		if (chat.quitting)
			return false;
	} while (command != NULL);
	target->key = child_file(secret, strlen(secret));
	explicit_bzero(secret, strlen(secret));
	return target->key != -1;
}

/*
 * A target that does not answer is no longer chosen. Without a terminal each
 * line fails on its own.
 */
static void
miss(const struct target *target)
{
	if (target->choice == chat.target.choice && keyboard_is_terminal())
		set_target(&(struct target){.key = -1});
}

/* Returns whether the words of /at make a target. */
static bool
read_target(struct target *target, size_t count, char *words[])
{
	const char *name = count > 3    ? words[3]
	    : chat.target.to[0] != '\0' ? chat.target.to
					: listener_name();

	return (count == 3 || count == 4) &&
	    strlcpy(target->to, name, sizeof(target->to)) <
	    sizeof(target->to) &&
	    strlcpy(target->address, words[1], sizeof(target->address)) <
	    sizeof(target->address) &&
	    strlcpy(target->port, words[2], sizeof(target->port)) <
	    sizeof(target->port);
}

/* A listed name needs no other secret. */
static void
run_at(size_t count, char *words[])
{
	struct target target = {.key = -1};
	bool named = count > 3 || chat.target.to[0] != '\0';

	if (!read_target(&target, count, words))
		screen_say("usage: /at address port [name]");
	else if (can_be_at(&target)) {
		if (!named)
			screen_say(
			    "no recipient is chosen; use /at address port name");
		else if (users_find(target.to) != NULL || ask_secret(&target)) {
			set_target(&target);
			errands_probe(&target, miss);
			return;
		}
	}
	fail_choice(TERMINAL_USAGE);
}

static void
run_last(size_t count, char *words[])
{
	if (chat.log == NULL)
		screen_say("no log is kept; start chat-terminal with -o file");
	else
		last_show(chat.log, count > 1 ? words[1] : LAST);
}

static void
run_quit(size_t count, char *words[])
{
	(void)count;
	(void)words;
	chat.quitting = true;
}

static void run_help(size_t count, char *words[]);

static const struct command commands[] = {
    {"/to", "user", "send to this user: a name, its beginning, or its number",
	false, run_to},
    {"/at", "address port [name]",
	"send to this address; you are asked for the secret", false, run_at},
    {"/who", "", "list the users, and ask whether they are there", false,
	who_run},
    {"/last", "[number]", "show the last messages of the log", false, run_last},
    {"/help", "", "show this", true, run_help},
    {"/quit", "", "end; so does Ctrl-D", true, run_quit},
};
#define COMMANDS (sizeof(commands) / sizeof(commands[0]))

static void
run_help(size_t count, char *words[])
{
	char row[128];

	(void)count;
	(void)words;
	screen_say("what you type goes to the user named in the prompt");
	for (size_t i = 0; i < COMMANDS; i++) {
		(void)snprintf(row, sizeof(row), "%s%s%s: %s", commands[i].name,
		    commands[i].words[0] == '\0' ? "" : " ", commands[i].words,
		    commands[i].help);
		screen_relay(row, strlen(row));
	}
	screen_relay("//text: send a text that starts with a slash", 44);
}

/* Returns the command that a line names, or NULL. */
static const struct command *
find_command(const char *line)
{
	size_t len = strcspn(line, BLANKS "\n");

	for (size_t i = 0; i < COMMANDS; i++)
		if (strlen(commands[i].name) == len &&
		    strncmp(commands[i].name, line, len) == 0)
			return &commands[i];
	return NULL;
}

static void
execute(const char *line)
{
	const struct command *command = find_command(line);
	char *copy = copy_of(line), *rest = copy, *word;
	char *words[MOST_WORDS] = {""};
	size_t count = 0;

	while (count < MOST_WORDS && (word = strsep(&rest, BLANKS)) != NULL)
		if (*word != '\0')
			words[count++] = word;
	if (command == NULL) {
		screen_say("'%s' is not a command; /help lists the commands",
		    words[0]);
		loop_note(TERMINAL_USAGE);
	} else if (!command->early && !chat.running)
		screen_say("first answer the question");
	else
		command->run(count, words);
	free(copy);
}

static void
obey(const char *line)
{
	char *text = copy_of(line);

	if (text[0] == '/' && text[1] == '/')
		send_text(text + 1);
	else if (text[0] == '/' && strchr(text, '\n') == NULL)
		execute(text);
	else if (text[0] != '\0')
		send_text(text);
	free(text);
}

const char *
commands_word(size_t n)
{
	if (n < COMMANDS)
		return commands[n].name;
	return n - COMMANDS < users_count() ? users_get(n - COMMANDS)->name
					    : NULL;
}

static void
take_change(void)
{
	listener_reload();
	if (users_read() == 0)
		screen_say("the directory has changed, and was read again");
}

/* The only other user is chosen. */
static void
greet(void)
{
	const char *other = NULL;
	size_t others = 0;

	screen_say("type a message; /help lists the commands");
	for (size_t i = 0; i < users_count(); i++)
		if (strcmp(users_get(i)->name, listener_name()) != 0) {
			other = users_get(i)->name;
			others++;
		}
	if (others == 1)
		choose(other);
}

static void
wait_for_errands(void)
{
	if (errands_count() > 0 && keyboard_is_terminal())
		screen_say(
		    "waiting for what is on its way; Ctrl-C gives it up");
	while ((errands_count() > 0 || last_is_running()) &&
	    loop_wait(false) != LOOP_OVER)
		loop_serve();
}

void
commands_run(char *log)
{
	const char *line;

	chat.log = log;
	chat.running = true;
	loop_look(users_changed, take_change);
	greet();
	while (!chat.quitting && (line = keyboard_line(chat.prompt)) != NULL)
		obey(line);
	wait_for_errands();
}
