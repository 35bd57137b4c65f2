/* The programs that chat-terminal starts, and the lines that they write. */
#ifndef SENDER_CHAT_CHILD_H
#define SENDER_CHAT_CHILD_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#define CHILD_KEY_FILE "/dev/fd/3" /* where a program finds `key` */

/* What a program gets; -1 is /dev/null. */
struct ends {
	int in, out, err;
	int key; /* a secret, or -1 */
};

/*
 * Starts argv[0], which is looked for beside chat-terminal and then in PATH.
 * The kernel kills it if we die. Returns its id; the caller waits for it.
 */
pid_t child_start(char *const argv[], const struct ends *ends);

/* Opens a pipe: ends[0] is ours, and does not block. Both close at exec. */
void child_pipe(int ends[2]);

/* Makes a file without a name from bytes. Returns -1 with errno set. */
int child_file(const char *bytes, size_t len);

/* Waits for a program. Returns its exit status, or 128 and its signal. */
int child_end(pid_t pid);

/* Lines from a descriptor. */
struct feed {
	int fd;
	char *bytes; /* the caller's */
	size_t size, len;
};

/*
 * Reads what is there, and hands over each line, ended by NUL. A line longer
 * than the buffer is handed over in parts. Returns false at the end.
 */
bool feed_read(struct feed *feed,
    void (*take)(void *arg, char *line, size_t len), void *arg);

/*
 * Runs a program that ends soon. Returns its status, and in *output all that it
 * wrote, up to a limit, ended by NUL; the caller frees that.
 */
int child_run(char *const argv[], char **output);

#endif
