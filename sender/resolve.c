/* Finds the addresses of a host. */
#include "sender/resolve.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/base/environment.h"
#include "common/base/error.h"
#include "common/base/host.h"
#include "common/base/stream.h"
#include "sender/fence.h"
#include "sender/interrupt.h"

/* All that the look-up process gets. */
struct question {
	char host[LIMIT_HOST + 1];
	uint16_t port;
	int family;
};

static void
fail_to_resolve(struct resolution *resolution, int system_error)
{
	resolution->error = EAI_SYSTEM;
	resolution->system_error = system_error;
}

/*
 * Calls getaddrinfo(3). Nothing is looked up with AI_NUMERICHOST in flags, or
 * for localhost.
 */
static void
ask(const struct question *question, int flags, struct resolution *resolution)
{
	const struct addrinfo hints = {.ai_family = question->family,
	    .ai_socktype = SOCK_STREAM,
	    .ai_flags = AI_NUMERICSERV | flags};
	const char *host =
	    host_is_localhost(question->host) ? NULL : question->host;
	struct addrinfo *list, *one;
	char port[6];

	memset(resolution, 0, sizeof(*resolution));
	(void)snprintf(port, sizeof(port), "%u", question->port);
	resolution->error = getaddrinfo(host, port, &hints, &list);
	resolution->system_error = errno;
	if (resolution->error != 0)
		return;
	for (one = list; one != NULL && resolution->count < MOST_ADDRESSES;
	    one = one->ai_next) {
		if (one->ai_addrlen > sizeof(resolution->addresses[0]))
			continue;
		memcpy(&resolution->addresses[resolution->count], one->ai_addr,
		    one->ai_addrlen);
		resolution->lens[resolution->count++] = one->ai_addrlen;
	}
	freeaddrinfo(list);
}

/* The variables that resolver(3) reads. */
static const char *const resolver_reads[] = {
    "RES_OPTIONS=", "LOCALDOMAIN=", "HOSTALIASES=", NULL};

/*
 * Runs in the process that talks to name servers. It has nothing of the vault.
 */
static void __attribute__((noreturn))
ask_and_tell(const struct question *question, pid_t parent, int out)
{
	struct resolution resolution = {0};

	if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 || getppid() != parent ||
	    dup2(out, STDIN_FILENO) == -1 || dup2(out, STDOUT_FILENO) == -1)
		_exit(EXIT_FAILURE);
	closefrom(STDERR_FILENO + 1);
	interrupt_forget();
	environment_forget(resolver_reads);
	if (fence_enter() != 0)
		fail_to_resolve(&resolution, errno);
	else
		ask(question, 0, &resolution);
	_exit(write(STDOUT_FILENO, &resolution, sizeof(resolution)) ==
		    (ssize_t)sizeof(resolution)
		? EXIT_SUCCESS
		: EXIT_FAILURE);
}

/* Whether the answer is consistent: an attacker may have written it. */
static bool
is_sound(const struct resolution *resolution)
{
	if (resolution->error != 0)
		return true;
	if (resolution->count < 1 || resolution->count > MOST_ADDRESSES)
		return false;
	for (size_t i = 0; i < resolution->count; i++)
		if (resolution->lens[i] > sizeof(resolution->addresses[i]))
			return false;
	return true;
}

/* Reads the answer. The look-up may have died, or may have been taken over. */
static void
hear(int in, int64_t deadline, struct notice *notice,
    struct resolution *resolution)
{
	int error;

	do /* small enough for a pipe to pass it in one piece */
		error = stream_take(in, resolution, sizeof(*resolution),
		    notice_until(notice, deadline));
	while (error == CHAT_EDEADLINE && notice_give(notice, deadline));
	if (error == CHAT_EDEADLINE)
		fail_to_resolve(resolution, ETIMEDOUT);
	else if (error != 0 || !is_sound(resolution))
		fail_to_resolve(resolution, EIO);
}

static void
delegate(const struct question *question, int64_t deadline,
    struct notice *notice, struct resolution *resolution)
{
	pid_t parent = getpid(), pid;
	sigset_t before;
	int ends[2];

	if (pipe2(ends, O_CLOEXEC | O_NONBLOCK) != 0) {
		fail_to_resolve(resolution, errno);
		return;
	}
	interrupt_delay(&before);
	if ((pid = fork()) == 0)
		ask_and_tell(question, parent, ends[1]);
	interrupt_allow(&before);
	if (pid == -1)
		fail_to_resolve(resolution, errno);
	(void)close(ends[1]);
	if (pid != -1) {
		hear(ends[0], deadline, notice, resolution);
		(void)kill(pid, SIGKILL);
		(void)waitpid(pid, NULL, 0);
	}
	(void)close(ends[0]);
}

void
resolve_host(const struct endpoint *endpoint, int family, int64_t deadline,
    struct notice *notice, struct resolution *resolution)
{
	struct question question = {.port = endpoint->port, .family = family};
	enum host_kind kind;
	const char *why;

	(void)strlcpy(question.host, endpoint->host, sizeof(question.host));
	/* Only names need a look-up. Bad hosts were refused earlier. */
	if (!host_is_localhost(question.host) &&
	    (host_read(question.host, strlen(question.host), &kind, &why) !=
		    0 ||
		kind == HOST_NAME)) {
		delegate(&question, deadline, notice, resolution);
		return;
	}
	ask(&question, AI_NUMERICHOST, resolution);
	if (resolution->error == EAI_NONAME)
		fail_to_resolve(resolution, ENODEV); /* unknown interface */
}
