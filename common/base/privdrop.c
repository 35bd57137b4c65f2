/* Giving up rights. */
#include "common/base/privdrop.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/base/error.h"

/* Finds the package's own user or, if there is none, nobody. */
static int
find_user(struct jail *jail, const char *own)
{
	const char *const users[] = {own, "nobody"};
	const struct passwd *pw = NULL;

	for (size_t i = 0; pw == NULL && i < sizeof(users) / sizeof(*users);
	    i++) {
		pw = getpwnam(users[i]);
		jail->user = users[i];
	}
	if (pw == NULL || pw->pw_uid == 0 || pw->pw_gid == 0) {
		errno = ENOENT;
		return CHAT_EIO;
	}
	jail->uid = pw->pw_uid;
	jail->gid = pw->pw_gid;
	return CHAT_OK;
}

/* Makes a directory without a name: nobody can add to it, so it stays empty. */
static int
make_empty(struct jail *jail)
{
	char paths[][32] = {"/tmp/chat-listen.XXXXXXXXXX",
	    "/run/chat-listen.XXXXXXXXXX", "/dev/shm/chat-listen.XXXXXXXXXX"};
	size_t i = 0;

	while (i < sizeof(paths) / sizeof(*paths) && mkdtemp(paths[i]) == NULL)
		i++;
	if (i == sizeof(paths) / sizeof(*paths))
		return CHAT_EIO;
	jail->empty = open(paths[i], O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (rmdir(paths[i]) != 0 || jail->empty == -1)
		return CHAT_EIO;
	return CHAT_OK;
}

/* Whether the directory is empty, and only root could write to it. */
static bool
is_empty(int fd)
{
	int again = fcntl(fd, F_DUPFD_CLOEXEC, 0);
	DIR *dir = again == -1 ? NULL : fdopendir(again);
	const struct dirent *entry = NULL;
	struct stat st;
	bool empty = dir != NULL && fstat(fd, &st) == 0 && st.st_uid == 0 &&
	    (st.st_mode & (S_IWGRP | S_IWOTH)) == 0;

	while (empty && (entry = readdir(dir)) != NULL)
		empty = strcmp(entry->d_name, ".") == 0 ||
		    strcmp(entry->d_name, "..") == 0;
	if (dir != NULL)
		(void)closedir(dir);
	return empty;
}

/* Finds an existing empty directory, where none can be made. */
static int
find_empty(struct jail *jail)
{
	static const char *const paths[] = {"/var/empty", "/usr/share/empty",
	    "/var/lib/empty", "/run/chat-listen", "/srv", "/mnt", "/media",
	    "/opt", "/boot"};
	int error = errno;

	for (size_t i = 0; i < sizeof(paths) / sizeof(*paths); i++) {
		jail->empty =
		    open(paths[i], O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		if (jail->empty != -1 && is_empty(jail->empty))
			return CHAT_OK;
		if (jail->empty != -1)
			(void)close(jail->empty);
	}
	errno = error;
	return CHAT_EIO;
}

#define STATM_DATA 6 /* the number of the field in proc_pid_statm(5) */

/* Returns the bytes that count against RLIMIT_DATA; without /proc, a guess. */
static rlim_t
memory_used(void)
{
	FILE *file = fopen("/proc/self/statm", "re");
	char line[256] = "", *field = line;
	unsigned long pages;

	if (file != NULL) {
		if (fgets(line, sizeof(line), file) == NULL)
			line[0] = '\0';
		(void)fclose(file);
	}
	for (int i = 1; i < STATM_DATA; i++) /* skip the fields before */
		(void)strtoul(field, &field, 10);
	pages = strtoul(field, NULL, 10);
	return pages == 0 ? (rlim_t)256 << 20
			  : (rlim_t)pages * (rlim_t)sysconf(_SC_PAGESIZE);
}

int
privdrop_prepare(struct jail *jail, const char **what)
{
	jail->empty = -1;
	jail->user = NULL;
	jail->root = geteuid() == 0;
	jail->memory = memory_used();
	if (!jail->root)
		return CHAT_OK;
	*what = "find the user chat-listen or nobody";
	if (find_user(jail, "chat-listen") != 0)
		return CHAT_EIO;
	*what =
	    "make an empty directory in /tmp, /run or /dev/shm, or find one (such as /var/empty)";
	return make_empty(jail) == 0 ? CHAT_OK : find_empty(jail);
}

int
privdrop_commands(
    const struct jail *jail, struct jail *commands, const char **what)
{
	*commands = *jail;
	commands->empty = -1;
	*what = "find the user chat-listen-command or nobody";
	return jail->root ? find_user(commands, "chat-listen-command")
			  : CHAT_OK;
}

const char *
privdrop_advice(const struct jail *jail)
{
	if (jail->root)
		return "run chat-listen as an ordinary user, or outside of the container or emulator that forbids it";
	return "run chat-listen outside of the container or emulator that forbids it";
}

int
privdrop_user(const struct jail *jail, const char **what)
{
	uid_t ruid, euid, suid;
	gid_t rgid, egid, sgid;

	if (!jail->root)
		return CHAT_OK;
	*what = "drop supplementary groups";
	if (setgroups(0, NULL) != 0)
		return CHAT_EIO;
	*what = "drop the user and group of root";
	if (setresgid(jail->gid, jail->gid, jail->gid) != 0 ||
	    setresuid(jail->uid, jail->uid, jail->uid) != 0)
		return CHAT_EIO;
	*what = "prove that root is gone for good";
	errno = EPERM;
	if (setresuid(0, 0, 0) != -1 || setresgid(0, 0, 0) != -1 ||
	    setgroups(0, NULL) != -1 || getresuid(&ruid, &euid, &suid) != 0 ||
	    getresgid(&rgid, &egid, &sgid) != 0 || ruid != jail->uid ||
	    euid != jail->uid || suid != jail->uid || rgid != jail->gid ||
	    egid != jail->gid || sgid != jail->gid)
		return CHAT_EIO;
	return CHAT_OK;
}

static int
change_root(const struct jail *jail, const char **what)
{
	*what = "chroot to an empty directory";
	if (!jail->root)
		return CHAT_OK;
	return fchdir(jail->empty) == 0 && chroot(".") == 0 ? CHAT_OK
							    : CHAT_EIO;
}

static int
limit(int resource, rlim_t value)
{
	struct rlimit limits = {value, value}, now;

	/* A lower limit that was inherited stays; only root could raise it. */
	if (getrlimit((__rlimit_resource_t)resource, &now) == 0 &&
	    now.rlim_max != RLIM_INFINITY && now.rlim_max < value)
		return CHAT_OK;
	return setrlimit((__rlimit_resource_t)resource, &limits) == 0
	    ? CHAT_OK
	    : CHAT_EIO;
}

static int
limit_memory(const struct jail *jail, const struct allowance *allowance)
{
#ifdef KEEP_STDERR /* sanitizers map large parts of the address space */
	(void)jail;
	(void)allowance;
	return CHAT_OK;
#else
	return limit(RLIMIT_DATA, jail->memory + allowance->memory);
#endif
}

static int
limit_resources(const struct allowance *allowance)
{
	/* poll(2) limits their count by this, open(2) limits their numbers. */
	if (limit(RLIMIT_NOFILE, allowance->descriptors) != 0 ||
	    limit(RLIMIT_NPROC, 0) != 0 || limit(RLIMIT_CORE, 0) != 0 ||
	    limit(RLIMIT_MEMLOCK, 0) != 0 || limit(RLIMIT_MSGQUEUE, 0) != 0)
		return CHAT_EIO;
	if (!allowance->writes_files && limit(RLIMIT_FSIZE, 0) != 0)
		return CHAT_EIO;
	return allowance->cpu_seconds == RLIM_INFINITY
	    ? CHAT_OK
	    : limit(RLIMIT_CPU, allowance->cpu_seconds);
}

int
privdrop_dumps(void)
{
	return limit(RLIMIT_CORE, 0) == 0 && prctl(PR_SET_DUMPABLE, 0) == 0
	    ? CHAT_OK
	    : CHAT_EIO;
}

int
privdrop_enter(const struct jail *jail, const struct allowance *allowance,
    const char **what)
{
	pid_t parent = getppid();

	if (change_root(jail, what) != 0 || privdrop_user(jail, what) != 0)
		return CHAT_EIO;
	/* A change of the uid clears these two settings, so they come later. */
	*what = "die with the listener";
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 || getppid() != parent)
		return CHAT_EIO;
	*what = "forbid core dumps and tracing";
	if (prctl(PR_SET_DUMPABLE, 0) != 0)
		return CHAT_EIO;
	*what = "limit resources";
	if (limit_memory(jail, allowance) != 0 ||
	    limit_resources(allowance) != 0)
		return CHAT_EIO;
	*what = "give up new privileges";
	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 ? CHAT_OK : CHAT_EIO;
}
