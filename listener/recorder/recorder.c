/* The recorder: it appends messages to the log. */
#include "listener/recorder/recorder.h"

#include <err.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/base/error.h"
#include "common/base/sandbox.h"
#include "listener/link/order.h"
#include "listener/link/role.h"
#include "listener/link/ticket.h"
#include "listener/recorder/desk.h"

#define SPARE_DESCRIPTORS 16
#define EVENTS 64
#define REOPENINGS 3 /* for one write, if the file vanishes each time */

/*
 * Descriptors given to us: the counter of messages, the pipe for the key of
 * tickets, and as root the empty directory.
 */
#define RECORDED_FD ROLE_GIVEN
#define TICKET_FD (ROLE_GIVEN + 1)
#define EMPTY_FD (ROLE_GIVEN + 2)

struct recorder {
	const struct recorder_config *config;
	struct desk desk;
	int events;
	int failure; /* errno of the last write, if it failed; else 0 */
};

static const struct disk disk = {pwrite, fdatasync, ftruncate};

static void
admit(struct recorder *recorder, const struct order *order, int channel)
{
	struct epoll_event event = {.events = EPOLLIN};

	event.data.ptr = desk_admit(&recorder->desk, order->number, channel);
	if (event.data.ptr == NULL)
		(void)close(channel);
	else if (epoll_ctl(recorder->events, EPOLL_CTL_ADD, channel, &event) !=
	    0)
		desk_leave(&recorder->desk, event.data.ptr);
}

/* Continues in the file that the parent has opened again. */
static bool
change_to(struct recorder *recorder, int fd)
{
	const char *path = recorder->config->path;
	struct ledger *ledger = &recorder->desk.ledger;
	int error = ledger_reopen(ledger, fd);

	if (error == 0) {
		if (!recorder->config->quiet)
			warnx("%s: opened again, after message %llu", path,
			    (unsigned long long)ledger->chain.seq);
		return true;
	}
	if (error == CHAT_EBUSY)
		warnx("%s: not opened again: another program has it locked",
		    path);
	else if (error == CHAT_EMALFORMED)
		warnx(
		    "%s: not opened again: it is not empty, and does not end where the log stands; move it away",
		    path);
	else
		warn("%s: not opened again", path);
	(void)close(fd);
	return false;
}

/* What an order of the parent was about. */
enum obeyed {
	OBEYED_NONE, /* there was none */
	OBEYED_SESSION,
	OBEYED_OPENED,     /* there is a file */
	OBEYED_NOT_OPENED, /* there is none */
};

/*
 * Obeys one order of the parent; flags are those of recvmsg(2). Ends if the
 * parent has gone. A descriptor for which there was no room has been dropped.
 */
static enum obeyed
obey(struct recorder *recorder, int flags)
{
	struct order order = {.what = 0};
	int descriptor, error;

	error = order_receive(ROLE_CONTROL, &order, &descriptor, flags);
	if (error == CHAT_ECLOSED)
		_exit(0);
	if (error == CHAT_EBUSY)
		return OBEYED_NONE;
	if (order.what == ORDER_SESSION) {
		if (error == 0)
			admit(recorder, &order, descriptor);
		return OBEYED_SESSION;
	}
	return error == 0 && change_to(recorder, descriptor)
	    ? OBEYED_OPENED
	    : OBEYED_NOT_OPENED;
}

/*
 * Obeys the orders that wait, while there are places: without one, sessions
 * have ended, and their channels are served first.
 */
static void
obey_all(struct recorder *recorder)
{
	for (int i = 0; i < EVENTS; i++)
		if (TAILQ_EMPTY(&recorder->desk.free) ||
		    obey(recorder, MSG_DONTWAIT) == OBEYED_NONE)
			return;
}

/* Asks the parent to open the file again, and waits for it. */
static bool
await_file(struct recorder *recorder)
{
	const uint8_t notice = RECORDER_NEEDS_FILE;
	enum obeyed obeyed;

	if (write(ROLE_CONTROL, &notice, 1) != 1)
		err(ROLE_LOST, "recorder: cannot ask for the file");
	do
		obeyed = obey(recorder, 0);
	while (obeyed == OBEYED_SESSION);
	return obeyed == OBEYED_OPENED;
}

/*
 * Says what is wrong with the file, once until that changes. If it is unknown
 * what the disk has, the recorder ends.
 */
static void
complain(struct recorder *recorder, int error, int number)
{
	const char *path = recorder->config->path;

	if (error == CHAT_EMALFORMED)
		errx(ROLE_LOST, "%s: another program has changed it", path);
	if (number != recorder->failure)
		warnc(number, "%s: messages cannot be recorded", path);
	if (recorder->desk.ledger.dead)
		errx(ROLE_LOST,
		    "%s: what a failed write has left cannot be removed", path);
	recorder->failure = number;
}

/* Tells the parent how many messages were recorded. */
static void
count(struct recorder *recorder, uint64_t more)
{
	if (more > 0 && write(RECORDED_FD, &more, sizeof(more)) == -1)
		err(ROLE_LOST, "recorder: cannot count");
	if (recorder->failure != 0)
		warnx("%s: messages can be recorded again",
		    recorder->config->path);
	recorder->failure = 0;
}

/* Writes and syncs what sessions have handed in. */
static void
commit(struct recorder *recorder)
{
	unsigned long recorded;
	int error;

	if (recorder->desk.ledger.count == 0)
		return;
	for (int i = 0; i < REOPENINGS; i++) {
		error = desk_commit(&recorder->desk, &recorded);
		if (error == 0)
			count(recorder, recorded);
		else if (error != CHAT_ECLOSED)
			complain(recorder, error,
			    error == CHAT_EIO ? errno : ENOMEM);
		if (error != CHAT_ECLOSED)
			return;
		if (!await_file(recorder))
			break;
	}
	desk_fail(&recorder->desk);
}

/*
 * Serves the sessions that are ready, and waits for one if asked to. Returns
 * whether it served any. Sets *ordered if the parent has an order for us.
 */
static bool
serve_ready(struct recorder *recorder, bool wait, bool *ordered)
{
	struct epoll_event events[EVENTS];
	int n = epoll_wait(recorder->events, events, EVENTS, wait ? -1 : 0);
	bool served = false;

	if (n == -1 && errno != EINTR)
		err(ROLE_LOST, "recorder: epoll_wait");
	for (int i = 0; i < n; i++)
		if (events[i].data.ptr == NULL) {
			*ordered = true;
		} else if (!ledger_is_full(&recorder->desk.ledger)) {
			desk_serve(&recorder->desk, events[i].data.ptr);
			served = true;
		}
	return served;
}

/* What comes while others are served is in the same write. */
static void
take_events(struct recorder *recorder)
{
	bool ordered = false, wait = true;

	while (serve_ready(recorder, wait, &ordered))
		wait = false;
	commit(recorder);
	if (ordered)
		obey_all(recorder);
}

static void
warn_fault(const struct recorder *recorder, const struct reading_fault *fault)
{
	const char *path = recorder->config->path;

	if (fault->older)
		warnx(
		    "%s: line %lu of the file before it: %s; move that file to another folder",
		    path, fault->line, fault->reason);
	else
		warnx("%s:%lu: %s", path, fault->line, fault->reason);
}

static void
warn_reading(const struct recorder *recorder, const struct reading *reading)
{
	const char *path = recorder->config->path;

	if (recorder->config->quiet)
		return;
	if (reading->torn > 0 && !recorder->config->check)
		warnx(
		    "warning: %s: its last %lld bytes were removed: they are part of a write that was cut off, before its receipts, or somebody cut the file",
		    path, (long long)reading->torn);
	if (reading->gap)
		warnx(
		    "warning: %s: not all of the last %d messages are in it and the older files beside it; retries of the others would be recorded again",
		    path, MEMORY_MESSAGES);
}

/* Reads the log back, and goes on in it. */
static int
open_log(struct recorder *recorder, int fd, const int older[], size_t count)
{
	const struct recorder_config *config = recorder->config;
	struct desk *desk = &recorder->desk;
	struct reading_fault fault;
	struct reading reading;
	int error;

	if (!config->check && ledger_lock(fd) != 0) {
		warnx("%s: another chat-listen writes to it", config->path);
		return CHAT_EBUSY;
	}
	error = reading_log(
	    config->suite, desk->memory, fd, older, count, &reading, &fault);
	if (error == CHAT_EMALFORMED)
		warn_fault(recorder, &fault);
	else if (error != 0)
		warn("%s: cannot be read", config->path);
	if (error != 0)
		return error;
	warn_reading(recorder, &reading);
	desk->ledger.chain = reading.chain;
	if (config->check)
		return CHAT_OK;
	error = ledger_open(
	    &desk->ledger, config->suite, &disk, desk->memory, fd, &reading);
	if (error == CHAT_EBUSY)
		warnx("%s: another chat-listen writes to the file before it",
		    config->path);
	else if (error != 0)
		warn("%s: cannot be written", config->path);
	return error;
}

/* Receives the files of the log, and opens it. Then replies to the parent. */
static void
receive_log(struct recorder *recorder)
{
	struct recorder_log log;
	struct order order = {.what = 0};
	int older[OLDER_MOST], fd = -1;
	size_t count = 0;

	for (;;) {
		if (order_receive(ROLE_CONTROL, &order, &fd, 0) != 0)
			_exit(0); /* the listener has gone */
		if (order.what == ORDER_LOG || count == OLDER_MOST)
			break;
		older[count++] = fd;
	}
	memset(&log, 0, sizeof(log));
	log.error = open_log(recorder, fd, older, count);
	log.seq = recorder->desk.ledger.chain.seq;
	while (count > 0)
		(void)close(older[--count]);
	if (write(ROLE_CONTROL, &log, sizeof(log)) != (ssize_t)sizeof(log))
		_exit(ROLE_LOST);
}

static int
furnish(struct recorder *recorder)
{
	const struct recorder_config *config = recorder->config;
	struct epoll_event event = {.events = EPOLLIN, .data.ptr = NULL};
	struct desk *desk = &recorder->desk;

	desk->suite = config->suite;
	desk->left = config->count == 0 ? ULONG_MAX : config->count;
	desk->memory = memory_open();
	recorder->events = epoll_create1(EPOLL_CLOEXEC);
	if (desk->memory == NULL ||
	    desk_open(desk, (size_t)config->places + ROLE_SPARE) != 0)
		return CHAT_EINTERNAL;
	if (recorder->events == -1 ||
	    epoll_ctl(recorder->events, EPOLL_CTL_ADD, ROLE_CONTROL, &event) !=
		0)
		return CHAT_EIO;
	return CHAT_OK;
}

static void
confine(const struct recorder_config *config)
{
	struct allowance allowance = {.descriptors = config->places +
		ROLE_SPARE + SPARE_DESCRIPTORS + OLDER_MOST,
	    .writes_files = true,
	    .cpu_seconds = RLIM_INFINITY,
	    .memory = MEMORY_RECORDER};
	struct jail jail = config->jail;
	const char *what;

	jail.empty = EMPTY_FD;
	if (privdrop_enter(&jail, &allowance, &what) != 0)
		errx(ROLE_LOST, "recorder: cannot %s: %s; %s", what,
		    strerror(errno), privdrop_advice(&jail));
	if (jail.root)
		(void)close(jail.empty);
	if (sandbox_enter(SANDBOX_RECORDER) != 0)
		err(ROLE_LOST, "recorder: cannot enter the sandbox");
}

static void __attribute__((noreturn))
work(struct recorder *recorder)
{
	(void)close(STDIN_FILENO);
	(void)close(STDOUT_FILENO);
	if (furnish(recorder) != 0)
		err(ROLE_LOST, "recorder: cannot start");
	confine(recorder->config);
	receive_log(recorder);
	if (ticket_receive_key(TICKET_FD, recorder->desk.ticket_key) != 0)
		_exit(0); /* the listener has gone, or will say why it ends */
	for (;;)
		take_events(recorder);
}

pid_t
recorder_start(
    const struct recorder_config *config, int *control, int *recorded)
{
	static struct recorder recorder;
	int given[3];
	size_t count = 0;
	pid_t pid;

	if ((*recorded = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) == -1)
		return -1;
	given[count++] = *recorded;
	given[count++] = config->ticket_pipe;
	if (config->jail.root)
		given[count++] = config->jail.empty;
	pid = role_fork("recorder", given, count, control);
	if (pid == 0) {
		recorder.config = config;
		work(&recorder);
	}
	return pid;
}

int
recorder_pass(int control, int fd, const int older[], size_t count)
{
	struct order order = {.what = ORDER_OLDER_LOG};

	for (size_t i = 0; i < count; i++)
		if (order_send(control, &order, older[i], 0) != 0)
			return CHAT_EIO;
	order.what = ORDER_LOG;
	return order_send(control, &order, fd, MSG_DONTWAIT);
}

void
recorder_pass_nothing(int control)
{
	const struct order order = {.what = ORDER_NO_LOG};

	(void)send(control, &order, sizeof(order), MSG_NOSIGNAL | MSG_DONTWAIT);
}

int
recorder_opened(int control, struct recorder_log *log)
{
	ssize_t n;

	do
		n = read(control, log, sizeof(*log));
	while (n == -1 && errno == EINTR);
	return n == (ssize_t)sizeof(*log) ? CHAT_OK : CHAT_EIO;
}
