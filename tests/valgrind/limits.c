/*
 * Linked into the programs of `make valgrind`, with --wrap=setrlimit: limits of
 * a process also apply to valgrind in it. It does not allow a lower limit of
 * descriptors, because it uses some itself, and it writes a file.
 */
#include <sys/resource.h>

int __real_setrlimit(__rlimit_resource_t what, const struct rlimit *limits);
int __wrap_setrlimit(__rlimit_resource_t what, const struct rlimit *limits);

int
__wrap_setrlimit(__rlimit_resource_t what, const struct rlimit *limits)
{
	struct rlimit now;

	if (what == RLIMIT_FSIZE && limits->rlim_max == 0)
		return 0;
	if (what != RLIMIT_NOFILE || getrlimit(what, &now) != 0)
		return __real_setrlimit(what, limits);
	now.rlim_cur = limits->rlim_cur;
	return __real_setrlimit(what, &now);
}
