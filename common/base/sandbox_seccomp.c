/* The sandbox of Linux: a seccomp filter, in raw BPF because it is short. */
#include "common/base/sandbox.h"

#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "common/base/error.h"

#if defined(__x86_64__)
#define ARCHITECTURE AUDIT_ARCH_X86_64
#define SYS_wait_ready SYS_poll
#define SYS_wait_events SYS_epoll_wait
#elif defined(__aarch64__)
#define ARCHITECTURE AUDIT_ARCH_AARCH64
#define SYS_wait_ready SYS_ppoll
#define SYS_wait_events SYS_epoll_pwait
#else
#error "no list of system calls for this machine: see SANDBOX= in GNUmakefile"
#endif

#define MAX_FILTER 80

struct filter {
	unsigned short len;
	struct sock_filter code[MAX_FILTER];
};

/* The most frequent first: the kernel walks the list at every call. */
static const int session_calls[] = {SYS_read, SYS_wait_ready, SYS_write,
    SYS_clock_gettime,               /* where the vDSO has no clock */
    SYS_restart_syscall,             /* poll, after SIGSTOP and SIGCONT */
    SYS_brk, SYS_munmap, SYS_mremap, /* malloc of glibc */
    SYS_madvise,                     /* malloc of other libraries */
    SYS_exit_group, -1};

static const int keyholder_calls[] = {SYS_read, SYS_wait_events, SYS_write,
    SYS_getrandom, /* scalars and challenges */
    SYS_recvmsg,   /* the parent passes channels and directories */
    SYS_epoll_ctl, SYS_close, SYS_newfstatat,
    SYS_fstat, /* of a directory that was passed */
    SYS_clock_gettime, SYS_restart_syscall, SYS_brk, SYS_munmap, SYS_mremap,
    SYS_madvise,    /* malloc */
    SYS_wait_ready, /* whether standard error can be written */
    SYS_exit_group, -1};

static const int recorder_calls[] = {SYS_read, SYS_wait_events, SYS_write,
    SYS_pwrite64, SYS_fdatasync, SYS_newfstatat, SYS_fstat, SYS_ftruncate,
    SYS_pread64, SYS_flock, /* of logs that were passed */
    SYS_recvmsg,            /* the parent passes channels and logs */
    SYS_epoll_ctl, SYS_close, SYS_clock_gettime, SYS_restart_syscall, SYS_brk,
    SYS_munmap, SYS_mremap, SYS_madvise, /* malloc */
    SYS_wait_ready, /* whether standard error can be written */
    SYS_exit_group, -1};

static const int sender_calls[] = {SYS_read, SYS_wait_ready, SYS_write,
    SYS_clock_gettime, SYS_restart_syscall, SYS_brk, SYS_munmap,
    SYS_mremap,  /* malloc of glibc */
    SYS_madvise, /* malloc of other libraries */
    SYS_exit_group, -1};

static const int *const calls_of[] = {
    [SANDBOX_SESSION] = session_calls,
    [SANDBOX_KEYHOLDER] = keyholder_calls,
    [SANDBOX_RECORDER] = recorder_calls,
    [SANDBOX_SENDER] = sender_calls,
};

static void
emit(struct filter *filter, struct sock_filter instruction)
{
	filter->code[filter->len++] = instruction;
}

static void
emit_load(struct filter *filter, size_t offset)
{
	emit(filter,
	    (struct sock_filter)BPF_STMT(
		BPF_LD | BPF_W | BPF_ABS, (uint32_t)offset));
}

static void
emit_return(struct filter *filter, uint32_t action)
{
	emit(filter, (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, action));
}

/* Skips the next `skip` instructions unless the loaded value is k. */
static void
emit_unless(struct filter *filter, uint32_t k, uint8_t skip)
{
	emit(filter,
	    (struct sock_filter)BPF_JUMP(
		BPF_JMP | BPF_JEQ | BPF_K, k, 0, skip));
}

/* mmap is allowed, but not with PROT_EXEC. */
static void
emit_mmap(struct filter *filter)
{
	const size_t low = __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ ? 0 : 4;

	emit_unless(filter, SYS_mmap, 4);
	emit_load(filter, offsetof(struct seccomp_data, args[2]) + low);
	emit(filter,
	    (struct sock_filter)BPF_JUMP(
		BPF_JMP | BPF_JSET | BPF_K, PROT_EXEC, 1, 0));
	emit_return(filter, SECCOMP_RET_ALLOW);
	emit_return(filter, SECCOMP_RET_KILL_PROCESS);
}

/* tgkill is allowed for the process itself only, so that it can abort. */
static void
emit_own_signal(struct filter *filter)
{
	const size_t low = __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ ? 0 : 4;

	emit_unless(filter, SYS_tgkill, 4);
	emit_load(filter, offsetof(struct seccomp_data, args[0]) + low);
	emit_unless(filter, (uint32_t)getpid(), 1);
	emit_return(filter, SECCOMP_RET_ALLOW);
	emit_return(filter, SECCOMP_RET_KILL_PROCESS);
}

static void
build(struct filter *filter, enum sandbox_profile profile)
{
	const int *calls = calls_of[profile];

	filter->len = 0;
	emit_load(filter, offsetof(struct seccomp_data, arch));
	emit_unless(filter, ARCHITECTURE, 1);
	emit(filter, (struct sock_filter)BPF_STMT(BPF_JMP | BPF_JA, 1));
	emit_return(filter, SECCOMP_RET_KILL_PROCESS);
	emit_load(filter, offsetof(struct seccomp_data, nr));
	for (; *calls != -1; calls++) {
		emit_unless(filter, (uint32_t)*calls, 1);
		emit_return(filter, SECCOMP_RET_ALLOW);
	}
	if (profile == SANDBOX_SENDER)
		emit_own_signal(filter);
	emit_mmap(filter);
	emit_return(filter, SECCOMP_RET_KILL_PROCESS);
}

const char *
sandbox_name(void)
{
	return "seccomp";
}

int
sandbox_enter(enum sandbox_profile profile)
{
	struct filter filter;
	struct sock_fprog program = {.filter = filter.code};

	_Static_assert(
	    2 * sizeof(recorder_calls) / sizeof(int) + 11 < MAX_FILTER,
	    "the longest list fits");
	build(&filter, profile);
	program.len = filter.len;
	if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) != 0)
		return CHAT_EIO;
	return CHAT_OK;
}
