/* Checks the directory's file without blocking. */
#include "listener/parent/change.h"

#include <err.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/base/limits.h"

static struct stat noted;
static bool has_noted;
static int64_t next_ms; /* clock_now_ms() time */
static pid_t looking;   /* the process that checks, or 0 */

void
change_note(int fd)
{
	has_noted = fstat(fd, &noted) == 0 && S_ISREG(noted.st_mode);
	next_ms = 0;
}

static bool
is_noted(const struct stat *st)
{
	return st->st_dev == noted.st_dev && st->st_ino == noted.st_ino &&
	    st->st_size == noted.st_size &&
	    st->st_mtim.tv_sec == noted.st_mtim.tv_sec &&
	    st->st_mtim.tv_nsec == noted.st_mtim.tv_nsec;
}

static void __attribute__((noreturn))
look(const char *path, const char *shown_path, pid_t parent)
{
	struct stat st;

	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(1);
	(void)close(STDIN_FILENO);
	(void)close(STDOUT_FILENO);
	closefrom(STDERR_FILENO + 1);
	if (stat(path, &st) == 0 && !is_noted(&st))
		warnx("%s: has changed since it was read; SIGHUP reloads it",
		    shown_path);
	_exit(0);
}

void
change_look(const char *path, const char *shown_path, int64_t now_ms)
{
	pid_t parent = getpid();

	if (!has_noted || looking != 0 || now_ms < next_ms)
		return;
	next_ms = now_ms + CHANGE_PAUSE_MS;
	looking = fork();
	if (looking == 0)
		look(path, shown_path, parent);
	if (looking == -1)
		looking = 0;
}

void
change_ended(pid_t pid)
{
	if (pid == looking)
		looking = 0;
}
