/* The keyholder: the process that has the directory. */
#include "listener/keyholder/keyholder.h"

#include <err.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/base/error.h"
#include "common/base/sandbox.h"
#include "common/base/wipe.h"
#include "common/chat1/warmup.h"
#include "listener/keyholder/answer.h"
#include "listener/keyholder/loading.h"
#include "listener/link/order.h"
#include "listener/link/role.h"
#include "listener/link/ticket.h"

#define SPARE_DESCRIPTORS 16
#define EVENTS 64

/*
 * Descriptors given to us: a counter of messages; as root, the empty directory;
 * and pipes for the key of tickets.
 */
#define SHOWN_FD ROLE_GIVEN
#define EMPTY_FD (ROLE_GIVEN + 1)

struct keyholder {
	const struct keyholder_config *config;
	struct answer_state state;
	int events;
	proof_cell *proofs;
	struct finding *findings;
	struct slot *slots;
	struct slots free; /* slots without a session */
	bool loading;      /* a directory is being read */
};

static void take_events(struct keyholder *keyholder, int patience_ms);

/* Serves sessions while a directory is read, with the directory before it. */
static void
serve_meanwhile(void *arg)
{
	take_events(arg, 0);
}

static int
load(struct keyholder *keyholder, int descriptor, struct loaded *loaded)
{
	const struct meanwhile meanwhile = {serve_meanwhile, keyholder};
	struct answer_state *state = &keyholder->state;
	struct directory directory = {.count = 0}, before;
	int error;

	keyholder->loading = true;
	error = loading_run(keyholder->config, descriptor, &meanwhile,
	    state->self, &directory, loaded);
	if (error == 0) {
		before = state->directory;
		state->directory = directory;
		directory_free_beside(&before, &meanwhile);
	}
	keyholder->loading = false;
	return error;
}

/* Gives a new session a slot; there is one. */
static void
admit(struct keyholder *keyholder, const struct order *order, int channel)
{
	struct slot *slot = TAILQ_FIRST(&keyholder->free);
	struct epoll_event event = {.events = EPOLLIN, .data.ptr = slot};

	if (order->place >= keyholder->config->places ||
	    epoll_ctl(keyholder->events, EPOLL_CTL_ADD, channel, &event) != 0) {
		(void)close(channel);
		return;
	}
	TAILQ_REMOVE(&keyholder->free, slot, link);
	slot->state = SLOT_BEGIN;
	slot->channel = channel;
	slot->number = order->number;
	slot->proof = &keyholder->proofs[order->place];
	slot->finding = &keyholder->findings[order->place];
}

static void
obey(struct keyholder *keyholder, const struct order *order, int descriptor)
{
	struct loaded loaded;

	if (order->what == ORDER_SESSION) {
		admit(keyholder, order, descriptor);
		return;
	}
	if (keyholder->loading)
		errx(ROLE_LOST, "keyholder: two directories at a time");
	memset(&loaded, 0, sizeof(loaded));
	loaded.error = load(keyholder, descriptor, &loaded);
	(void)close(descriptor);
	if (write(ROLE_CONTROL, &loaded, sizeof(loaded)) !=
	    (ssize_t)sizeof(loaded))
		_exit(ROLE_LOST);
}

/*
 * Obeys the orders that wait, while there are slots: without one, sessions have
 * ended, and their channels are served first. Ends if the parent has gone.
 */
static void
obey_all(struct keyholder *keyholder)
{
	struct order order;
	int descriptor, error;

	for (int i = 0; i < EVENTS && !TAILQ_EMPTY(&keyholder->free); i++) {
		error = order_receive(
		    ROLE_CONTROL, &order, &descriptor, MSG_DONTWAIT);
		if (error == CHAT_EBUSY)
			return;
		if (error == CHAT_ECLOSED)
			_exit(0);
		if (error == 0)
			obey(keyholder, &order, descriptor);
	}
}

/*
 * Tells the parent how many messages were shown, so that it need not trust a
 * session, which could lie or be killed first.
 */
static void
tell_shown(const struct keyholder *keyholder, unsigned long before)
{
	uint64_t more = keyholder->state.shown - before;

	if (more > 0 && write(SHOWN_FD, &more, sizeof(more)) == -1)
		err(ROLE_LOST, "keyholder: cannot count");
}

static void
serve_session(struct keyholder *keyholder, struct slot *slot)
{
	unsigned long shown = keyholder->state.shown;
	union channel_datagram datagram;
	ssize_t n = read(slot->channel, &datagram, sizeof(datagram));

	if (n == -1 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0 ||
	    answer_request(&keyholder->state, slot, &datagram, (size_t)n) !=
		0) {
		answer_end(&keyholder->state, slot);
		TAILQ_INSERT_HEAD(&keyholder->free, slot, link);
	}
	tell_shown(keyholder, shown);
	explicit_bzero(&datagram, sizeof(datagram));
}

/* Serves sessions first, so that slots of ended ones are free for new ones. */
static void
take_events(struct keyholder *keyholder, int patience_ms)
{
	struct epoll_event events[EVENTS];
	bool ordered = false;
	int n;

	wipe_stack();
	n = epoll_wait(keyholder->events, events, EVENTS, patience_ms);

	if (n == -1 && errno != EINTR)
		err(ROLE_LOST, "keyholder: epoll_wait");
	for (int i = 0; i < n; i++)
		if (events[i].data.ptr == NULL)
			ordered = true;
		else
			serve_session(keyholder, events[i].data.ptr);
	if (ordered)
		obey_all(keyholder);
}

/* Draws the key of tickets, and sends it to the processes that check them. */
static int
share_ticket_key(struct keyholder *keyholder)
{
	const struct keyholder_config *config = keyholder->config;
	uint8_t *key = keyholder->state.ticket_key;
	int first_pipe = config->jail.root ? EMPTY_FD + 1 : EMPTY_FD;

	if (getentropy(key, SIZE_HASH) != 0)
		return CHAT_EINTERNAL;
	for (size_t i = 0; i < config->ticket_pipe_count; i++)
		ticket_send_key(first_pipe + (int)i, key);
	return CHAT_OK;
}

static int
make_slots(struct keyholder *keyholder)
{
	size_t count = (size_t)keyholder->config->places + ROLE_SPARE;

	keyholder->slots = calloc(count, sizeof(*keyholder->slots));
	if (keyholder->slots == NULL)
		return CHAT_EINTERNAL;
	TAILQ_INIT(&keyholder->free);
	for (size_t i = 0; i < count; i++)
		TAILQ_INSERT_TAIL(&keyholder->free, &keyholder->slots[i], link);
	return CHAT_OK;
}

static int
furnish(struct keyholder *keyholder, const char **what)
{
	const struct keyholder_config *config = keyholder->config;
	struct answer_state *state = &keyholder->state;
	struct epoll_event event = {.events = EPOLLIN, .data.ptr = NULL};

	state->strict = config->strict;
	state->forgets = config->forgets;
	state->left = config->count == 0 ? ULONG_MAX : config->count;
	turn_open(&state->turns, config->turns);
	state->memory = memory_open();
	*what = "get memory for ids and sessions";
	if (state->memory == NULL || make_slots(keyholder) != 0)
		return CHAT_EINTERNAL;
	*what = "set libcrypto up";
	if (suite_open(&state->suite) != 0 || warmup_run(&state->suite) != 0)
		return CHAT_EINTERNAL;
	*what = "set the group of the key agreement up";
	if (spake2_open(&state->spake2) != 0)
		return CHAT_EINTERNAL;
	*what = "draw a random key";
	if (share_ticket_key(keyholder) != 0)
		return CHAT_EINTERNAL;
	*what = "watch channels";
	keyholder->events = epoll_create1(EPOLL_CLOEXEC);
	if (keyholder->events == -1 ||
	    epoll_ctl(keyholder->events, EPOLL_CTL_ADD, ROLE_CONTROL, &event) !=
		0)
		return CHAT_EIO;
	return CHAT_OK;
}

static void __attribute__((noreturn))
give_up(const struct jail *jail, const char *what)
{
	errx(ROLE_LOST, "keyholder: cannot %s: %s; %s", what, strerror(errno),
	    privdrop_advice(jail));
}

static void
work(struct keyholder *keyholder)
{
	const struct keyholder_config *config = keyholder->config;
	struct allowance allowance = {
	    .descriptors = config->places + ROLE_SPARE + SPARE_DESCRIPTORS,
	    .writes_files = true, /* standard error may be a file */
	    .cpu_seconds = RLIM_INFINITY,
	    .memory = MEMORY_KEYHOLDER};
	struct jail jail = config->jail;
	const char *what;

	(void)close(STDIN_FILENO);
	(void)close(STDOUT_FILENO);
	jail.empty = EMPTY_FD;
	if (furnish(keyholder, &what) != 0)
		err(ROLE_LOST, "keyholder: cannot %s", what);
	if (privdrop_enter(&jail, &allowance, &what) != 0)
		give_up(&jail, what);
	if (jail.root)
		(void)close(jail.empty);
	if (sandbox_enter(SANDBOX_KEYHOLDER) != 0)
		give_up(&jail, "enter the sandbox");
	for (;;)
		take_events(keyholder, -1);
}

/* Maps memory that only the keyholder will share with us. */
static void *
map_shared(size_t size)
{
	void *shared = mmap(NULL, size, PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	return shared == MAP_FAILED ? NULL : shared;
}

pid_t
keyholder_start(const struct keyholder_config *config, int *control, int *shown,
    const proof_cell **proofs, const struct finding **findings)
{
	static struct keyholder keyholder;
	size_t findings_size = config->places * sizeof(**findings);
	size_t size = findings_size + config->places * sizeof(**proofs);
	int given[2 + MOST_TICKET_PIPES];
	size_t count = 0;
	void *shared;
	pid_t pid;

	if ((shared = map_shared(size)) == NULL ||
	    (*shown = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) == -1)
		return -1;
	keyholder.findings = shared;
	keyholder.proofs = (void *)((char *)shared + findings_size);
	given[count++] = *shown;
	if (config->jail.root)
		given[count++] = config->jail.empty;
	for (size_t i = 0; i < config->ticket_pipe_count; i++)
		given[count++] = config->ticket_pipes[i];
	pid = role_fork("keyholder", given, count, control);
	if (pid == 0) {
		keyholder.config = config;
		work(&keyholder);
	}
	/* We only read it. Sessions do not inherit it. */
	if (pid != -1 &&
	    (mprotect(shared, size, PROT_READ) != 0 ||
		madvise(shared, size, MADV_DONTFORK) != 0)) {
		(void)close(*control); /* this ends the keyholder */
		return -1;
	}
	*proofs = keyholder.proofs;
	*findings = keyholder.findings;
	return pid;
}

int
keyholder_load(int control, int directory)
{
	const struct order order = {.what = ORDER_DIRECTORY};

	return order_send(control, &order, directory, MSG_DONTWAIT) == 0
	    ? CHAT_OK
	    : CHAT_EBUSY;
}

int
keyholder_loaded(int control, struct loaded *loaded)
{
	ssize_t n;

	do
		n = read(control, loaded, sizeof(*loaded));
	while (n == -1 && errno == EINTR);
	return n == (ssize_t)sizeof(*loaded) ? CHAT_OK : CHAT_EIO;
}
