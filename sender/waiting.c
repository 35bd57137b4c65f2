/* Finds data that waits on standard input. */
#include "sender/waiting.h"

#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

static bool
has_bytes(const struct stat *input)
{
	off_t at;
	int count;

	if (S_ISFIFO(input->st_mode))
		return ioctl(STDIN_FILENO, FIONREAD, &count) == 0 && count > 0;
	if (!S_ISREG(input->st_mode))
		return false;
	at = lseek(STDIN_FILENO, 0, SEEK_CUR);
	return at != -1 && at < input->st_size;
}

static bool
is_same(const char *path, const struct stat *input)
{
	struct stat other;

	return path != NULL && stat(path, &other) == 0 &&
	    other.st_dev == input->st_dev && other.st_ino == input->st_ino;
}

bool
waiting_input(const struct options *options)
{
	char of_parent[64];
	struct stat input;

	if (fstat(STDIN_FILENO, &input) != 0 || !has_bytes(&input))
		return false;
	(void)snprintf(of_parent, sizeof(of_parent), "/proc/%ld/fd/%d",
	    (long)getppid(), STDIN_FILENO);
	return !is_same(of_parent, &input) &&
	    !is_same(options->key_file, &input) &&
	    !is_same(options->directory, &input);
}
