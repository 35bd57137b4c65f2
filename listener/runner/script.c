/* Checks the command line of -x, before any message. */
#include "listener/runner/script.h"

#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define BLANKS " \t\n"
#define DIGITS "0123456789"
#define LETTERS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_"

/* A word of the line. */
struct word {
	const char *start;
	size_t len;
};

/* What the line contains besides commands. */
struct found {
	bool redirection, assignment;
	bool unset; /* a variable that is not set for commands */
};

static bool
is_word(const struct word *word, const char *text)
{
	return strlen(text) == word->len &&
	    memcmp(text, word->start, word->len) == 0;
}

static bool
is_any_of(const struct word *word, const char *const texts[])
{
	while (*texts != NULL)
		if (is_word(word, *texts++))
			return true;
	return false;
}

/* Returns the length of the name that starts here, or 0. */
static size_t
name_len(const char *p)
{
	return *p != '\0' && strchr(LETTERS, *p) != NULL
	    ? strspn(p, LETTERS DIGITS)
	    : 0;
}

/* Skips blanks, a joined line, or a comment. */
static const char *
skip_one(const char *p)
{
	if (*p == '\\' && p[1] == '\n')
		return p + 2;
	if (*p == '#')
		return p + strcspn(p, "\n");
	return p + strspn(p, BLANKS);
}

static const char *
skip(const char *p)
{
	const char *next;

	while ((next = skip_one(p)) != p)
		p = next;
	return p;
}

/* Skips a part in double quotes; NULL if it has a substitution. */
static const char *
skip_quoted(const char *p)
{
	for (p++; *p != '\0' && *p != '"'; p++) {
		if (*p == '`' || (*p == '$' && strchr("({", p[1]) != NULL))
			return NULL;
		if (*p == '\\' && p[1] != '\0')
			p++;
	}
	return *p == '"' ? p + 1 : p;
}

/* Skips a word; NULL if it has a substitution, which may run a command. */
static const char *
skip_word(const char *p)
{
	while (p != NULL && *p != '\0' && strchr(BLANKS ";&|<>()", *p) == NULL)
		if (*p == '`' || (*p == '$' && strchr("({", p[1]) != NULL))
			return NULL;
		else if (*p == '"')
			p = skip_quoted(p);
		else if (*p == '\'')
			p += 1 + strcspn(p + 1, "'") +
			    (strchr(p + 1, '\'') != NULL);
		else
			p += *p == '\\' && p[1] != '\0' ? 2 : 1;
	return p;
}

static bool
is_redirection(const char *p)
{
	p += strspn(p, DIGITS);
	return *p == '<' || *p == '>';
}

/*
 * Skips it and its word; NULL if it may contain more, such as a here-document.
 */
static const char *
skip_redirection(const char *p)
{
	const char *word;

	p += strspn(p, DIGITS);
	if (p[0] == '<' && p[1] == '<')
		return NULL;
	p++;
	p += *p != '\0' && strchr(">|&", *p) != NULL;
	word = p + strspn(p, " \t");
	p = skip_word(word);
	return p == word ? NULL : p;
}

static bool
is_assignment(const struct word *word)
{
	size_t len = name_len(word->start);

	return len > 0 && len < word->len && word->start[len] == '=';
}

/*
 * Whether this is a variable that neither we nor the shell set for a command.
 */
static bool
is_unset(const struct word *word)
{
	static const char *const set[] = {"$HOME", "$IFS", "$LANG", "$LC_ALL",
	    "$LC_CTYPE", "$OPTIND", "$PATH", "$PPID", "$PS1", "$PS2", "$PS4",
	    "$PWD", "$SHELL", "$_", NULL};

	return *word->start == '$' && word->len > 1 &&
	    name_len(word->start + 1) == word->len - 1 &&
	    strncmp(word->start, "$CHAT_", 6) != 0 && !is_any_of(word, set);
}

/* Whether nothing in the line runs a command; sets *found to what is there. */
static bool
runs_nothing(const char *line, struct found *found)
{
	static const char *const transparent[] = {
	    "{", "}", "exec", "eval", "command", NULL};

	while (line != NULL && *(line = skip(line)) != '\0') {
		struct word word = {.start = line};

		if (strchr(";&|()", *line) != NULL) {
			line++;
			continue;
		}
		if (is_redirection(line)) {
			found->redirection = true;
			line = skip_redirection(line);
			continue;
		}
		if ((line = skip_word(line)) == NULL)
			return false;
		word.len = (size_t)(line - word.start);
		if (is_assignment(&word))
			found->assignment = true;
		else if (!found->assignment && is_unset(&word))
			found->unset = true;
		else if (!is_any_of(&word, transparent))
			return false;
	}
	return line != NULL;
}

const char *
script_fault(const char *line)
{
	struct found found = {.unset = false};

	if (!runs_nothing(line, &found))
		return NULL;
	if (found.unset)
		return "your variables are not passed on, so there is no command in it; write the command itself";
	if (found.redirection)
		return "a redirection alone loses each message; to keep them, write for example 'cat >>file'";
	if (found.assignment)
		return "an assignment alone loses each message; write a command behind it";
	return "there is no command in it; give one that handles a message";
}

bool
script_is_readable(const char *line)
{
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		execl("/bin/sh", "sh", "-n", "-c", line, (char *)NULL);
		_exit(0); /* each run will report that there is no shell */
	}
	return pid == -1 || waitpid(pid, &status, 0) != pid ||
	    !WIFEXITED(status) || WEXITSTATUS(status) == 0;
}
