/*
 * Property 15: the filter of each role allows its list and nothing else. Each
 * call is made in a process that has given up root, so that it does no harm if
 * the filter lets it through.
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/base/error.h"
#include "common/base/sandbox.h"
#include "common/chat1/spake2.h"
#include "common/chat1/warmup.h"
#include "common/users/directory.h"
#include "tests/unit/unit.h"

#define CALLS 600 /* more than any kernel has */
#define X32 0x40000000
#define NOBODY 65534
#define CHILD_S UNIT_TIMEOUT_S /* SIGALRM ends a call that waits */

/* The lists of DESIGN.md, section 5, and that of the keyholder. */
#if defined(SYS_poll)
#define SYS_wait_ready SYS_poll
#define SYS_wait_events SYS_epoll_wait
#else
#define SYS_wait_ready SYS_ppoll
#define SYS_wait_events SYS_epoll_pwait
#endif

static const long session_calls[] = {SYS_read, SYS_write, SYS_wait_ready,
    SYS_exit_group, SYS_brk, SYS_munmap, SYS_mremap, SYS_restart_syscall,
    SYS_clock_gettime, SYS_madvise};
static const long keyholder_calls[] = {SYS_read, SYS_write, SYS_wait_events,
    SYS_exit_group, SYS_brk, SYS_munmap, SYS_mremap, SYS_restart_syscall,
    SYS_clock_gettime, SYS_getrandom, SYS_recvmsg, SYS_epoll_ctl, SYS_close,
    SYS_newfstatat, SYS_fstat, SYS_madvise, SYS_wait_ready};

static const struct role {
	enum sandbox_profile role;
	const char *name;
	const long *calls;
	size_t count;
} roles[] = {
    {SANDBOX_SESSION, "session", session_calls, COUNT(session_calls)},
    {SANDBOX_KEYHOLDER, "keyholder", keyholder_calls, COUNT(keyholder_calls)},
    {SANDBOX_SENDER, "sender", session_calls, COUNT(session_calls)},
};

static pid_t own_pid, parent_pid; /* of the sandboxed process */

/* What a process does once it is in its sandbox. */
struct deed {
	int (*act)(const struct deed *); /* returns 0 on success */
	long call;
	long arguments[6];
	int in, out; /* descriptors */
};

/* What a confined process has given up before it enters the sandbox. */
static bool
prepare(void)
{
	const struct rlimit none = {0, 0};

	(void)alarm(CHILD_S);
	if (getuid() == 0 &&
	    (setresgid(NOBODY, NOBODY, NOBODY) != 0 ||
		setresuid(NOBODY, NOBODY, NOBODY) != 0))
		return false;
	return setrlimit(RLIMIT_CORE, &none) == 0 &&
	    prctl(PR_SET_DUMPABLE, 0) == 0 &&
	    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0;
}

/* Forks a process that does something in the sandbox of a role. */
static pid_t
start(const struct role *role, const struct deed *deed)
{
	pid_t pid = fork();

	if (pid == -1)
		ck_abort_msg("cannot fork: %s", strerror(errno));
	if (pid != 0)
		return pid;
	own_pid = getpid();
	parent_pid = getppid();
	(void)signal(SIGTERM, SIG_DFL); /* libcheck has a handler */
	if (!prepare() || sandbox_enter(role->role) != 0)
		_exit(99);
	(void)syscall(SYS_exit_group, deed->act(deed));
	for (;;)
		continue;
}

/* Returns its wait status. */
static int
end_of(pid_t pid)
{
	int status;

	if (waitpid(pid, &status, 0) != pid)
		ck_abort_msg("no process to wait for");
	return status;
}

static int
outcome(const struct role *role, const struct deed *deed)
{
	return end_of(start(role, deed));
}

static bool
was_killed(int status)
{
	return WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS;
}

static int
make_call(const struct deed *deed)
{
	const long *a = deed->arguments;

	(void)syscall(deed->call, a[0], a[1], a[2], a[3], a[4], a[5]);
	return 0;
}

/*
 * Makes a call with arguments that are always invalid. Returns whether that
 * killed the process.
 */
static bool
kills(const struct role *role, long call)
{
	const struct deed deed = {.act = make_call,
	    .call = call,
	    .arguments = {-1, -1, -1, -1, -1, -1}};
	int status = outcome(role, &deed);

	if (WIFEXITED(status) && WEXITSTATUS(status) == 99)
		ck_abort_msg("%s: no sandbox", role->name);
	if (!was_killed(status) && !WIFEXITED(status))
		ck_abort_msg("%s: call %ld: signal %d", role->name, call,
		    WTERMSIG(status));
	return was_killed(status);
}

static bool
is_listed(const struct role *role, long call)
{
	for (size_t i = 0; i < role->count; i++)
		if (role->calls[i] == call)
			return true;
	return false;
}

START_TEST(p15_every_call_of_the_list_is_allowed)
{
	const struct role *role = &roles[_i];

	for (size_t i = 0; i < role->count; i++)
		ck_assert_msg(!kills(role, role->calls[i]),
		    "%s: call %ld kills", role->name, role->calls[i]);
}
END_TEST

/*
 * uretprobe and uprobe of x86-64: since Linux 6.14 and 6.18 filters do not see
 * them. They only work for the trampolines of the kernel's own probes.
 */
static bool
is_exception(long call)
{
#if defined(__x86_64__)
	return call == 335 || call == 336;
#else
	(void)call;
	return false;
#endif
}

START_TEST(p15_every_other_call_kills)
{
	const struct role *role = &roles[_i];

	for (long call = 0; call <= CALLS; call++)
		if (!is_listed(role, call) && !is_exception(call) &&
		    !kills(role, call))
			ck_abort_msg(
			    "%s: call %ld is let through", role->name, call);
}
END_TEST

static int
fail_call(const struct deed *deed)
{
	return syscall(deed->call) == -1 && errno == ENXIO ? 0 : 1;
}

/* The kernel itself refuses calls that filters do not see. */
START_TEST(p15_the_exceptions_of_the_kernel_do_nothing)
{
	struct deed deed = {.act = fail_call};

	for (deed.call = 0; deed.call <= CALLS; deed.call++) {
		int status;

		if (!is_exception(deed.call))
			continue;
		status = outcome(&roles[_i], &deed);
		ck_assert_msg(
		    was_killed(status) || status == SIGILL || status == 0,
		    "call %ld: status %x", deed.call, (unsigned)status);
	}
}
END_TEST

/* With the bit of x32, most calls have a second number. */
START_TEST(p15_every_call_of_x32_kills)
{
	const struct role *role = &roles[_i];

	for (long call = 0; call <= CALLS; call++)
		if (!kills(role, X32 | call))
			ck_abort_msg("%s: call %ld of x32 is let through",
			    role->name, call);
}
END_TEST

/* A listed number with other high bits is another call. */
START_TEST(p15_numbers_far_away_kill)
{
	const struct role *role = &roles[_i];

	ck_assert(kills(role, -1));
	for (int bit = 10; bit < 32; bit++)
		for (size_t i = 0; i < role->count; i++) {
			long call = role->calls[i] | (1L << bit);

			ck_assert_msg(kills(role, call),
			    "%s: call %lx is let through", role->name,
			    (unsigned long)call);
		}
}
END_TEST

/* Sends SIGTERM to itself, or to its parent. */
static int
signal_one(const struct deed *deed)
{
	pid_t whom = deed->arguments[0] == 0 ? own_pid : parent_pid;

	(void)syscall(SYS_tgkill, whom, whom, SIGTERM);
	return 0;
}

/* A sender that is interrupted ends by that signal. */
START_TEST(p15_only_a_sender_signals_and_only_itself)
{
	const struct deed itself = {.act = signal_one};
	const struct deed other = {.act = signal_one, .arguments = {1}};
	bool sender = roles[_i].role == SANDBOX_SENDER;
	int status = outcome(&roles[_i], &itself);

	ck_assert(sender ? WIFSIGNALED(status) && WTERMSIG(status) == SIGTERM
			 : was_killed(status));
	ck_assert(was_killed(outcome(&roles[_i], &other)));
}
END_TEST

static int
map(const struct deed *deed)
{
	void *p = mmap(NULL, 65536, (int)deed->arguments[0],
	    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return p == MAP_FAILED;
}

START_TEST(p15_memory_is_never_executable)
{
	const struct role *role = &roles[_i];

	for (int prot = 0; prot < 16; prot++) {
		const struct deed deed = {.act = map, .arguments = {prot}};
		int status = outcome(role, &deed);

		if ((prot & PROT_EXEC) != 0)
			ck_assert_msg(was_killed(status), "%s: mmap of %d: %x",
			    role->name, prot, status);
		else
			ck_assert_msg(prot > 3 || status == 0,
			    "%s: mmap of %d: %x", role->name, prot, status);
	}
}
END_TEST

static int
protect(const struct deed *deed)
{
	static char page[2 * 65536];
	uintptr_t start = ((uintptr_t)page + 65535) & ~(uintptr_t)65535;

	return mprotect((void *)start, 65536, (int)deed->arguments[0]);
}

START_TEST(p15_memory_cannot_be_made_executable)
{
	const struct role *role = &roles[_i];

	for (int prot = 0; prot < 8; prot++) {
		const struct deed deed = {.act = protect, .arguments = {prot}};

		ck_assert(was_killed(outcome(role, &deed)));
	}
}
END_TEST

#if defined(__x86_64__)
/* Makes a call by int 0x80, where numbers are those of i386. */
static int
make_foreign_call(const struct deed *deed)
{
	long result;

	__asm__ volatile("int $0x80"
	    : "=a"(result)
	    : "a"(deed->call), "b"(-1L), "c"(-1L), "d"(-1L), "S"(-1L), "D"(-1L)
	    : "memory", "r8", "r9", "r10", "r11");
	return 0;
}

/* Some kernels do not have int 0x80. */
static bool
has_foreign_calls(void)
{
	const struct deed getpid_i386 = {.call = 20};
	pid_t pid = fork();

	if (pid == 0) {
		const struct rlimit none = {0, 0};

		(void)setrlimit(RLIMIT_CORE, &none);
		_exit(make_foreign_call(&getpid_i386));
	}
	return end_of(pid) == 0;
}

START_TEST(p15_every_call_of_a_foreign_architecture_kills)
{
	const struct role *role = &roles[_i];
	struct deed deed = {.act = make_foreign_call};

	if (!has_foreign_calls())
		return;
	for (deed.call = 0; deed.call <= CALLS; deed.call++)
		if (!was_killed(outcome(role, &deed)))
			ck_abort_msg("%s: call %ld of i386 is let through",
			    role->name, deed.call);
}
END_TEST
#endif

/* Allocates memory of all sizes, as libcrypto and cJSON do. */
static int
use_memory(void)
{
	char *blocks[64];
	size_t size = 1;

	for (size_t i = 0; i < COUNT(blocks); i++, size += size / 3 + 1) {
		blocks[i] = malloc(size % 3000000 + 1);
		if (blocks[i] == NULL)
			return 1;
		memset(blocks[i], 1, size % 3000000 + 1);
	}
	for (size_t i = 0; i < COUNT(blocks); i++) {
		char *block = realloc(blocks[i], 5000000);

		if (block == NULL)
			return 2;
		memset(block, 2, 5000000);
		free(block);
	}
	return 0;
}

/* Does what a session does: reads, writes, waits, and reads the clock. */
static int
converse(const struct deed *deed)
{
	char bytes[4] = "";
	struct timespec now;

	if (write(deed->out, "ready", 5) != 5 ||
	    read(deed->in, bytes, sizeof(bytes)) != 4 ||
	    memcmp(bytes, "ping", 4) != 0 || write(deed->out, "pong", 4) != 4)
		return 1;
	if (clock_gettime(CLOCK_MONOTONIC, &now) != 0 ||
	    syscall(SYS_clock_gettime, CLOCK_REALTIME, &now) != 0 ||
	    time(NULL) <= 0)
		return 3;
	return use_memory() == 0 ? 0 : 4;
}

START_TEST(p15_what_a_role_does_every_time_works)
{
	int in[2], out[2];
	struct deed deed = {.act = converse};

	ck_assert(pipe(in) == 0 && pipe(out) == 0);
	deed.in = in[0];
	deed.out = out[1];
	ck_assert_int_eq(write(in[1], "ping", 4), 4);
	ck_assert_int_eq(outcome(&roles[_i], &deed), 0);
	for (int i = 0; i < 2; i++) {
		(void)close(in[i]);
		(void)close(out[i]);
	}
}
END_TEST

/* Waits until there is something to read, for at most a minute. */
static int
wait_long(const struct deed *deed)
{
	struct pollfd ready = {.fd = deed->in, .events = POLLIN};

	if (write(deed->out, "r", 1) != 1)
		return 1;
	return poll(&ready, 1, UNIT_LATE_MS) == 1 ? 0 : 2;
}

/* Waits until the process sleeps, as /proc tells. */
static void
await_sleep(pid_t pid)
{
	char path[64], stat[256], state = '?';

	(void)snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	while (state != 'S') {
		FILE *file = fopen(path, "r");
		const char *name_end;

		ck_assert_ptr_nonnull(file);
		ck_assert_ptr_nonnull(fgets(stat, sizeof(stat), file));
		(void)fclose(file);
		name_end = strrchr(stat, ')');
		ck_assert_ptr_nonnull(name_end);
		state = name_end[2];
		ck_assert_int_ne(state, 'Z');
		(void)usleep(1000);
	}
}

/* After SIGSTOP in poll(2), the kernel continues it with restart_syscall(2). */
START_TEST(p15_a_session_that_is_stopped_goes_on)
{
	int in[2], out[2], status;
	struct deed deed = {.act = wait_long};
	char byte;
	pid_t pid;

	ck_assert(pipe(in) == 0 && pipe(out) == 0);
	deed.in = in[0];
	deed.out = out[1];
	pid = start(&roles[SANDBOX_SESSION], &deed);
	ck_assert_int_eq(read(out[0], &byte, 1), 1);
	await_sleep(pid);
	ck_assert_int_eq(kill(pid, SIGSTOP), 0);
	ck_assert_int_eq(waitpid(pid, &status, WUNTRACED), pid);
	ck_assert(WIFSTOPPED(status));
	ck_assert_int_eq(kill(pid, SIGCONT), 0);
	await_sleep(pid);
	ck_assert_int_eq(write(in[1], "x", 1), 1);
	ck_assert_int_eq(end_of(pid), 0);
	for (int i = 0; i < 2; i++) {
		(void)close(in[i]);
		(void)close(out[i]);
	}
}
END_TEST

static struct suite suite;
static struct spake2 *spake2;

/* Does what the keyholder does: reads a directory and computes a key. */
static int
keep_keys(const struct deed *deed)
{
	struct spake2_party party = {.role = SPAKE2_B, .a = "bob", .b = "al"};
	struct directory directory;
	struct fault fault;

	if (directory_read(deed->in, NULL, &directory, &fault) != 0)
		return 1;
	if (directory.count != 20000 ||
	    directory_find(&directory, "u19999") == NULL)
		return 2;
	if (getentropy(party.scalar, SIZE_SCALAR) != 0)
		return 3;
	party.scalar[0] &= 0x7f;
	if (spake2_w(&suite, spake2, "bob", "al", "one", "other", party.w) !=
		0 ||
	    spake2_share(spake2, &party) != 0)
		return 4;
	directory_free(&directory);
	return use_memory() == 0 ? 0 : 5;
}

START_TEST(p15_the_keyholder_reads_a_large_directory)
{
	struct deed deed = {.act = keep_keys};
	FILE *file = tmpfile();

	ck_assert_ptr_nonnull(file);
	for (int i = 0; i < 20000; i++)
		(void)fprintf(file,
		    "%s{\"username\":\"u%d\",\"password\":\"secret of %d\","
		    "\"port\":5000,\"ip\":\"192.0.2.1\"}\n",
		    i == 0 ? "[" : ",", i, i);
	(void)fputs("]", file);
	ck_assert_int_eq(fflush(file), 0);
	rewind(file);
	deed.in = fileno(file);
	ck_assert_int_eq(suite_open(&suite), 0);
	ck_assert_int_eq(warmup_run(&suite), 0);
	ck_assert_int_eq(spake2_open(&spake2), 0);
	ck_assert_int_eq(outcome(&roles[SANDBOX_KEYHOLDER], &deed), 0);
	(void)fclose(file);
	spake2_close(spake2);
	suite_close(&suite);
}
END_TEST

/* A process that can still gain privileges cannot enter. */
START_TEST(p15_without_no_new_privs_there_is_no_sandbox)
{
	pid_t pid = fork();

	if (pid == 0) {
		if (getuid() == 0 && setresuid(NOBODY, NOBODY, NOBODY) != 0)
			_exit(1);
		_exit(
		    sandbox_enter(roles[_i].role) == CHAT_EIO && errno == EACCES
			? 0
			: 2);
	}
	ck_assert_int_eq(end_of(pid), 0);
}
END_TEST

START_TEST(the_backend_says_what_it_is)
{
	ck_assert(strcmp(sandbox_name(), "seccomp") == 0 ||
	    strstr(sandbox_name(), "not for use") != NULL);
}
END_TEST

int
main(void)
{
	const TTest *const each[] = {
	    p15_every_call_of_the_list_is_allowed,
	    p15_every_other_call_kills,
	    p15_every_call_of_x32_kills,
	    p15_the_exceptions_of_the_kernel_do_nothing,
	    p15_numbers_far_away_kill,
	    p15_only_a_sender_signals_and_only_itself,
	    p15_memory_is_never_executable,
	    p15_memory_cannot_be_made_executable,
#if defined(__x86_64__)
	    p15_every_call_of_a_foreign_architecture_kills,
#endif
	    p15_what_a_role_does_every_time_works,
	    p15_without_no_new_privs_there_is_no_sandbox,
	};
	const TTest *const tests[] = {
	    the_backend_says_what_it_is,
	    p15_a_session_that_is_stopped_goes_on,
	    p15_the_keyholder_reads_a_large_directory,
	};
	bool confined = strcmp(sandbox_name(), "seccomp") == 0;
	Suite *all = suite_create("sandbox");
	TCase *tc = unit_case(&(struct unit){
	    "sandbox", tests, confined ? COUNT(tests) : 1, NULL, NULL});

	for (size_t i = 0; confined && i < COUNT(each); i++)
		tcase_add_loop_test(tc, each[i], 0, COUNT(roles));
	suite_add_tcase(all, tc);
	return unit_run_suite(all);
}
