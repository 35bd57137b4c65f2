/* The gate. */
#include "listener/parent/gate.h"

#include <errno.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "common/base/clock.h"
#include "listener/parent/busy.h"
#include "listener/parent/events.h"

#define ACCEPTS 32   /* connections accepted before other events are handled */
#define PAUSE_MS 500 /* without descriptors */

/* Watches the acceptor only while connections can be accepted. */
static void
update(const struct gate *gate)
{
	if (gate->parent->acceptor.fd != -1)
		events_change(gate->epoll, gate->parent->acceptor.fd,
		    gate_is_open(gate) ? EPOLLIN : 0, READY_ACCEPTOR);
}

/* Starts a session for a connection, or refuses it. */
static void
welcome(struct gate *gate, int connection, const struct source *source)
{
	struct parent *parent = gate->parent;
	struct child *child;
	enum refusal refusal =
	    children_start(parent, gate->children, connection, source, &child);

	if (refusal != REFUSAL_NONE) {
		busy_send(connection, refusal);
		journal_refusal(
		    &parent->journal, source->text, refusal, clock_now_ms());
	} else if (child->report != -1) {
		(void)events_watch(gate->epoll, child->report, EPOLLIN,
		    READY_REPORT + (uint32_t)(child - gate->children->list));
	}
	(void)close(connection);
}

/* Without descriptors, accept(2) would fail again and again. */
static void
pause_accepting(struct gate *gate)
{
	gate->paused = true;
	gate->paused_at = clock_now_ms();
	journal_refusal(
	    &gate->parent->journal, "somebody", REFUSAL_LATER, gate->paused_at);
	update(gate);
}

/* Whether the roles can take another session; if not, waits for one of them. */
static bool
have_room(struct gate *gate)
{
	const struct parent *parent = gate->parent;
	int control = children_crowded(parent);
	enum ready ready = READY_RUNNER;

	if (control == -1)
		return true;
	if (control == parent->control)
		ready = READY_CONTROL;
	else if (control == parent->recorder_control)
		ready = READY_RECORDER;
	gate->crowded = true;
	events_change(gate->epoll, control, EPOLLIN | EPOLLOUT, ready);
	update(gate);
	return false;
}

void
gate_accept(struct gate *gate)
{
	const struct acceptor *acceptor = &gate->parent->acceptor;
	struct source source;
	int fd;

	for (int i = 0; i < ACCEPTS && acceptor->fd != -1 && have_room(gate);
	    i++) {
		fd = acceptor_accept(acceptor, &source);
		if (fd == -1) {
			if (errno == EMFILE || errno == ENFILE ||
			    errno == ENOBUFS || errno == ENOMEM)
				pause_accepting(gate);
			return; /* otherwise there is none, or it has gone */
		}
		welcome(gate, fd, &source);
	}
}

void
gate_resume(struct gate *gate)
{
	if (!gate->paused)
		return;
	gate->paused = false;
	update(gate);
}

void
gate_role_caught_up(struct gate *gate, int control, uint32_t ready)
{
	events_change(gate->epoll, control, EPOLLIN, ready);
	gate->crowded = false;
	update(gate);
}

bool
gate_is_open(const struct gate *gate)
{
	return !gate->paused && !gate->crowded;
}

bool
gate_owes(const struct gate *gate, int64_t *at_ms)
{
	if (gate->paused)
		*at_ms = gate->paused_at + PAUSE_MS;
	return gate->paused;
}

void
gate_close(struct gate *gate)
{
	struct parent *parent = gate->parent;

	/* A socket that was passed to us is still needed at the exit. */
	if (parent->options->socket == -1)
		(void)close(parent->acceptor.fd);
	else
		events_forget(gate->epoll, parent->acceptor.fd);
	parent->acceptor.fd = -1;
}
