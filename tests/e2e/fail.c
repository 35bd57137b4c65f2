/*
 * Preloaded by failing.py: makes an allocation, every fork, or a step of
 * confinement fail, or name servers mute. All processes share $FAIL_FILE, which
 * the test writes.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <netdb.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <unistd.h>

#define PRCTL 100 /* and its option */

/* Numbered as in test_confine.py. */
enum denied {
	DENY_NOTHING,
	DENY_FCHDIR,
	DENY_CHROOT,
	DENY_SETGROUPS,
	DENY_SETRESGID,
	DENY_SETRESUID,
	DENY_SETRLIMIT,
};

struct plan {
	_Atomic long allocations; /* until one fails; 0: none will */
	_Atomic long forks;       /* whether forks fail */
	_Atomic long denied;      /* the denied step, or PRCTL and an option */
	_Atomic long sessions_only;
	_Atomic long mute; /* name servers are; 1 + how often asked */
};

static struct plan *plan;
extern _Atomic int coverage_dumps __attribute__((weak)); /* of dump.c */
static int is_session; /* only sessions set an alarm */

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *memory, size_t size);
pid_t __fork(void);

__attribute__((constructor)) static void
open_plan(void)
{
	int fd = open(getenv("FAIL_FILE"), O_RDWR | O_CLOEXEC);
	void *shared = mmap(
	    NULL, sizeof(*plan), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	if (shared == MAP_FAILED)
		_exit(99);
	(void)close(fd);
	plan = shared;
}

static int
fails(void)
{
	if (&coverage_dumps != NULL && coverage_dumps != 0)
		return 0;
	if (plan == NULL || atomic_load(&plan->allocations) <= 0 ||
	    atomic_fetch_sub(&plan->allocations, 1) != 1)
		return 0;
	errno = ENOMEM;
	return 1;
}

void *
malloc(size_t size)
{
	return fails() ? NULL : __libc_malloc(size);
}

void *
calloc(size_t count, size_t size)
{
	return fails() ? NULL : __libc_calloc(count, size);
}

void *
realloc(void *memory, size_t size)
{
	return fails() ? NULL : __libc_realloc(memory, size);
}

pid_t
fork(void)
{
	if (plan != NULL && atomic_load(&plan->forks) != 0) {
		errno = EAGAIN;
		return -1;
	}
	return __fork();
}

int
getaddrinfo(const char *host, const char *service, const struct addrinfo *hints,
    struct addrinfo **list)
{
	int (*real)(const char *, const char *, const struct addrinfo *,
	    struct addrinfo **) = dlsym(RTLD_NEXT, "getaddrinfo");

	if (atomic_load(&plan->mute) != 0 &&
	    (hints->ai_flags & AI_NUMERICHOST) == 0) {
		(void)atomic_fetch_add(&plan->mute, 1);
		for (;;)
			(void)pause();
	}
	return real(host, service, hints, list);
}

static int
denies(long what)
{
	if (plan == NULL || atomic_load(&plan->denied) != what ||
	    (atomic_load(&plan->sessions_only) && !is_session))
		return 0;
	errno = EPERM;
	return 1;
}

unsigned
alarm(unsigned seconds)
{
	is_session = 1;
	return (unsigned)setitimer(
	    ITIMER_REAL, &(struct itimerval){.it_value.tv_sec = seconds}, NULL);
}

int
fchdir(int fd)
{
	return denies(DENY_FCHDIR) ? -1 : (int)syscall(SYS_fchdir, fd);
}

int
chroot(const char *path)
{
	return denies(DENY_CHROOT) ? -1 : (int)syscall(SYS_chroot, path);
}

int
setgroups(size_t count, const gid_t *groups)
{
	return denies(DENY_SETGROUPS)
	    ? -1
	    : (int)syscall(SYS_setgroups, count, groups);
}

int
setresgid(gid_t real, gid_t effective, gid_t saved)
{
	return denies(DENY_SETRESGID)
	    ? -1
	    : (int)syscall(SYS_setresgid, real, effective, saved);
}

int
setresuid(uid_t real, uid_t effective, uid_t saved)
{
	return denies(DENY_SETRESUID)
	    ? -1
	    : (int)syscall(SYS_setresuid, real, effective, saved);
}

int
setrlimit(__rlimit_resource_t what, const struct rlimit *limits)
{
	return denies(DENY_SETRLIMIT)
	    ? -1
	    : (int)syscall(SYS_prlimit64, 0, what, limits, NULL);
}

int
prctl(int option, ...)
{
	unsigned long arguments[4];
	va_list args;

	va_start(args, option);
	for (int i = 0; i < 4; i++)
		arguments[i] = va_arg(args, unsigned long);
	va_end(args);
	if (denies(PRCTL + option))
		return -1;
	if (option == PR_SET_DUMPABLE && plan != NULL &&
	    atomic_load(&plan->allocations) > 0)
		return 0; /* so that the test of an ordinary user sees a hang */
	return (int)syscall(SYS_prctl, option, arguments[0], arguments[1],
	    arguments[2], arguments[3]);
}
