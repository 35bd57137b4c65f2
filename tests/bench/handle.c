/*
 * A handler of chat-listen -k that does nothing but answer; or, with a word, a
 * program of rsyslog that answers with that word, and repeats the line on
 * standard error, as nothing else tells that it has come.
 * usage: handle [WORD]
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ID "\"id\":\""
#define ID_DIGITS 32

static void
answer(const char *line, const char *word)
{
	const char *id = strstr(line, ID);

	if (word != NULL) {
		(void)fputs(line, stderr);
		(void)puts(word);
	} else if (id != NULL) {
		(void)printf("ok %.*s\n", ID_DIGITS, id + strlen(ID));
	}
	if (fflush(stdout) != 0)
		exit(1);
}

int
main(int argc, char *argv[])
{
	const char *word = argc > 1 ? argv[1] : NULL;
	char *line = NULL;
	size_t size = 0;

	(void)puts(word == NULL ? "ready" : word);
	(void)fflush(stdout);
	while (getline(&line, &size, stdin) > 0)
		answer(line, word);
	free(line);
	return 0;
}
