/* Commands that sh(1) runs, each in a process group of its own. */
#ifndef COMMON_BASE_SHELL_H
#define COMMON_BASE_SHELL_H

#include <sys/types.h>

struct shell {
	const char *line;          /* for sh -c */
	int input, output, errors; /* what it has open, and nothing else */
	char *const *environment;  /* NULL ends it */
	int failed;                /* its exit status if there is no shell */
};

/*
 * Starts a command. No signal is ignored or blocked in it, whatever we ignore
 * or block. It is killed when this process ends. Returns its process id, which
 * the caller waits for, or -1 with errno set.
 */
pid_t shell_start(const struct shell *shell);

/*
 * Kills what is left of a command's process group. The command itself must not
 * have been waited for: while it is a zombie, nobody else gets its group.
 */
void shell_kill(pid_t pid);

/*
 * Puts bytes, and then a string, into a file without a name, as the input of a
 * command: a pipe could block us. Returns its descriptor, or -1 with errno set.
 */
int shell_input(const char *bytes, size_t len, const char *more);

#endif
