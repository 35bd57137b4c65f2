/* The confinement of a look-up. */
#include "sender/fence.h"

#include <fcntl.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "common/base/error.h"
#include "common/base/limits.h"

#define DESCRIPTORS 64

/* From linux/landlock.h, which older systems do not have. */
#define CREATE_RULESET 444
#define ADD_RULE 445
#define RESTRICT_SELF 446
#define ASK_VERSION 1u
#define RULE_PATH 1
#define READ_FILE (1u << 2)
#define READ_DIR (1u << 3)
#define BIND_TCP 1u
#define SCOPE_ABSTRACT_SOCKETS 1u
#define SCOPE_SIGNALS 2u

struct ruleset {
	uint64_t files, network, scopes;
};

struct __attribute__((packed)) beneath {
	uint64_t allowed;
	int32_t directory;
};

/* Where name service modules, their settings and their sockets are. */
static const char *const readable[] = {"/etc", "/usr", "/lib", "/lib64", "/run",
    "/var/run", "/var/lib", "/var/cache/nscd", "/var/db", "/nix/store",
    "/gnu/store", "/proc", "/dev/urandom"};

static int
limit(int resource, rlim_t most)
{
	struct rlimit limits;

	if (getrlimit((__rlimit_resource_t)resource, &limits) != 0)
		return CHAT_EIO;
	if (limits.rlim_max > most)
		limits.rlim_max = most;
	if (limits.rlim_cur > limits.rlim_max)
		limits.rlim_cur = limits.rlim_max;
	return setrlimit((__rlimit_resource_t)resource, &limits) == 0
	    ? CHAT_OK
	    : CHAT_EIO;
}

static int
limit_resources(void)
{
#ifndef KEEP_STDERR /* sanitizers map large parts of the address space */
	if (limit(RLIMIT_DATA, MEMORY_LOOK_UP) != 0)
		return CHAT_EIO;
#endif
	return limit(RLIMIT_CORE, 0) == 0 &&
		limit(RLIMIT_CPU, LIMIT_COMPUTE_S) == 0 &&
		limit(RLIMIT_NOFILE, DESCRIPTORS) == 0 &&
		limit(RLIMIT_NPROC, 0) == 0 && limit(RLIMIT_FSIZE, 0) == 0
	    ? CHAT_OK
	    : CHAT_EIO;
}

/* Returns all rights that this version of Landlock can forbid and we know. */
static struct ruleset
all_rights(long version)
{
	struct ruleset rules = {.files = (1u << 13) - 1};

	if (version >= 2)
		rules.files |= 1u << 13; /* linking to another directory */
	if (version >= 3)
		rules.files |= 1u << 14; /* truncating */
	if (version >= 4)
		rules.network = BIND_TCP;
	if (version >= 5)
		rules.files |= 1u << 15; /* ioctl(2) on devices */
	if (version >= 6)
		rules.scopes = SCOPE_ABSTRACT_SOCKETS | SCOPE_SIGNALS;
	return rules;
}

/* Allows a path. One that does not exist is skipped. */
static int
allow(int ruleset, const char *path, uint64_t rights)
{
	struct beneath rule = {
	    .allowed = rights, .directory = open(path, O_PATH | O_CLOEXEC)};
	long error;

	if (rule.directory == -1)
		return CHAT_OK;
	error = syscall(ADD_RULE, ruleset, RULE_PATH, &rule, 0);
	/* A file cannot be listed like a directory. */
	if (error != 0 && (rights & READ_DIR) != 0) {
		rule.allowed = READ_FILE;
		error = syscall(ADD_RULE, ruleset, RULE_PATH, &rule, 0);
	}
	(void)close(rule.directory);
	return error == 0 ? CHAT_OK : CHAT_EIO;
}

static int
restrict_files(void)
{
	long version = syscall(CREATE_RULESET, NULL, 0, ASK_VERSION);
	const char *aliases = getenv("HOSTALIASES");
	struct ruleset rules;
	int ruleset;

	if (version < 1)
		return CHAT_OK; /* this kernel or container has no Landlock */
	rules = all_rights(version);
	ruleset = (int)syscall(CREATE_RULESET, &rules, sizeof(rules), 0);
	if (ruleset == -1)
		return CHAT_EIO;
	for (size_t i = 0; i < sizeof(readable) / sizeof(*readable); i++)
		if (allow(ruleset, readable[i], READ_FILE | READ_DIR) != 0)
			return CHAT_EIO;
	if (aliases != NULL && allow(ruleset, aliases, READ_FILE) != 0)
		return CHAT_EIO;
	if (syscall(RESTRICT_SELF, ruleset, 0) != 0)
		return CHAT_EIO;
	(void)close(ruleset);
	return CHAT_OK;
}

int
fence_enter(void)
{
	if (limit_resources() != 0 ||
	    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
		return CHAT_EIO;
	return restrict_files();
}
