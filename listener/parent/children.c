/* The sessions: starting them, hearing from them, ending them. */
#include "listener/parent/children.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/base/clock.h"
#include "common/base/error.h"
#include "listener/link/order.h"
#include "listener/parent/change.h"

int
children_open(
    struct children *children, unsigned places, const proof_cell *proofs)
{
	unsigned buckets = 1;

	while (buckets < places)
		buckets *= 2;
	children->places = places;
	children->proofs = proofs;
	children->mask = buckets - 1;
	children->list = calloc(places, sizeof(*children->list));
	children->buckets = calloc(buckets, sizeof(*children->buckets));
	if (children->list == NULL || children->buckets == NULL)
		return CHAT_EINTERNAL;
	for (unsigned i = 0; i < places; i++)
		children->list[i].next =
		    i + 1 < places ? &children->list[i + 1] : NULL;
	children->free = children->list;
	return CHAT_OK;
}

/* Process ids are consecutive, so their low bits are a good hash. */
static struct child **
first_of(const struct children *children, pid_t pid)
{
	return &children->buckets[(unsigned)pid & children->mask].first;
}

/* Gives the first free place to a process. */
static void
occupy(struct children *children, struct child *child, pid_t pid)
{
	struct child **first = first_of(children, pid);

	child->pid = pid;
	children->running++;
	children->free = child->next;
	child->next = *first;
	*first = child;
}

/* Returns the link that points to the child with that pid, or to NULL. */
static struct child **
link_to(const struct children *children, pid_t pid)
{
	struct child **link = first_of(children, pid);

	while (*link != NULL && (*link)->pid != pid)
		link = &(*link)->next;
	return link;
}

static void
vacate(struct children *children, struct child **link)
{
	struct child *child = *link;

	*link = child->next;
	child->pid = 0;
	children->running--;
	child->next = children->free;
	children->free = child;
}

/* Opens a channel: one end for the session, the other for whoever serves it. */
static int
open_channel(int ends[2])
{
	return socketpair(AF_UNIX,
		   SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends) == 0
	    ? CHAT_OK
	    : CHAT_EIO;
}

/* Opens a channel and sends its other end to a role. */
static int
send_channel(int control, uint64_t number, uint64_t place, int *ours)
{
	const struct order order = {ORDER_SESSION, number, place};
	int ends[2], error;

	if (open_channel(ends) != 0)
		return CHAT_EIO;
	error = order_send(control, &order, ends[1], MSG_DONTWAIT);
	(void)close(ends[1]);
	*ours = ends[0];
	return error;
}

/*
 * Opens the channels that a session needs. After an error, those that are open
 * are in *session.
 */
static int
open_channels(const struct parent *parent, struct session *session,
    struct child *child, uint64_t place)
{
	uint64_t number = child->stay.number;
	int ends[2];

	if (send_channel(parent->control, number, place, &session->channel) !=
		0 ||
	    (parent->options->log != NULL &&
		send_channel(parent->recorder_control, number, place,
		    &session->recorder) != 0) ||
	    (parent->options->command != NULL &&
		send_channel(parent->runner_control, number, place,
		    &session->runner) != 0))
		return CHAT_EBUSY;
	if (child->stay.state != STAY_VISITOR)
		return CHAT_OK;
	if (open_channel(ends) != 0)
		return CHAT_EIO;
	session->report = ends[0];
	child->report = ends[1];
	return CHAT_OK;
}

int
children_crowded(const struct parent *parent)
{
	struct pollfd controls[] = {{parent->control, POLLOUT, 0},
	    {parent->recorder_control, POLLOUT, 0},
	    {parent->runner_control, POLLOUT, 0}};
	const nfds_t count = sizeof(controls) / sizeof(controls[0]);

	if (poll(controls, count, 0) == -1)
		return -1;
	for (nfds_t i = 0; i < count; i++)
		if (controls[i].fd != -1 && controls[i].revents == 0)
			return controls[i].fd;
	return -1;
}

static void
close_descriptor(int *fd)
{
	if (*fd != -1)
		(void)close(*fd);
	*fd = -1;
}

/* Forks the session of a child that was admitted. */
static int
start(const struct parent *parent, struct children *children,
    struct child *child, int connection)
{
	const struct source *source = &child->source;
	struct session session = {.suite = parent->suite,
	    .jail = &parent->jail,
	    .output = &parent->output,
	    .display = parent->display,
	    .source = source,
	    .silent = !parent->options->verbose,
	    .stays = parent->options->handlers > 0,
	    .connection = connection,
	    .channel = -1,
	    .runner = -1,
	    .recorder = -1,
	    .report = -1};
	pid_t pid = -1;

	session.display.columns = output_columns(&parent->output);
	if (open_channels(parent, &session, child,
		(uint64_t)(child - children->list)) == 0 &&
	    (pid = fork()) == 0) {
		setproctitle("session with %s", source->text);
		session_run(&session);
	}
	close_descriptor(&session.channel);
	close_descriptor(&session.runner);
	close_descriptor(&session.recorder);
	close_descriptor(&session.report);
	if (pid == -1) {
		close_descriptor(&child->report);
		return CHAT_EIO;
	}
	occupy(children, child, pid);
	return CHAT_OK;
}

/* Kills a session that has to make room. children_bury() frees its place. */
static void
evict(struct parent *parent, struct stay *stay, int64_t now_ms)
{
	struct child *child = (struct child *)stay; /* its first member */

	if (stay == NULL)
		return;
	(void)kill(child->pid, SIGKILL);
	journal_refusal(
	    &parent->journal, child->source.text, REFUSAL_EVICTED, now_ms);
}

/* Asks admission about a connection. */
static enum refusal
admit(struct parent *parent, struct child *child, const struct source *source,
    int64_t now_ms)
{
	struct admission *admission = &parent->admission;
	enum refusal refusal;
	struct stay *evicted;

	if (networks_contain(&parent->options->balancers, source))
		return admission_visit(admission, &child->stay, now_ms);
	refusal =
	    admission_enter(admission, &child->stay, source, now_ms, &evicted);
	evict(parent, evicted, now_ms);
	return refusal;
}

enum refusal
children_start(struct parent *parent, struct children *children, int connection,
    const struct source *source, struct child **child)
{
	int64_t now_ms = clock_now_ms();
	enum refusal refusal;

	if ((*child = children->free) == NULL)
		return REFUSAL_FULL;
	(*child)->report = -1;
	(*child)->source = *source;
	(*child)->stay.number = ++children->number;
	(*child)->stay.proof = &children->proofs[*child - children->list];
	refusal = admit(parent, *child, source, now_ms);
	if (refusal != REFUSAL_NONE)
		return refusal;
	if (start(parent, children, *child, connection) == 0)
		return REFUSAL_NONE;
	admission_leave(
	    &parent->admission, &(*child)->stay, SESSION_UNSTARTED, now_ms);
	return REFUSAL_SYSTEM;
}

void
children_hear(struct parent *parent, struct child *child)
{
	struct session_report report;
	struct stay *evicted;
	struct source source;
	int64_t now_ms = clock_now_ms();
	enum refusal refusal;
	uint8_t admitted;
	ssize_t n = read(child->report, &report, sizeof(report));

	if (n == -1 && errno == EAGAIN)
		return; /* the event was for an earlier child in this place */
	if (n == (ssize_t)sizeof(report)) {
		source_from(report.source, &source);
		refusal = admission_move(&parent->admission, &child->stay,
		    &source, now_ms, &evicted);
		evict(parent, evicted, now_ms);
		if (refusal == REFUSAL_NONE)
			child->source = source;
		else
			journal_refusal(
			    &parent->journal, source.text, refusal, now_ms);
		admitted = refusal == REFUSAL_NONE ? SESSION_ADMITTED
		    : refusal == REFUSAL_PENALTY   ? SESSION_HAS_TO_WAIT
						   : SESSION_NOT_ADMITTED;
		(void)send(
		    child->report, &admitted, 1, MSG_DONTWAIT | MSG_NOSIGNAL);
	}
	close_descriptor(&child->report);
}

/* How a session ended, from its wait status. SIGALRM is its deadline. */
static enum session_end
end_of(int status)
{
	if (WIFSIGNALED(status) && WTERMSIG(status) == SIGALRM)
		return SESSION_DEADLINE;
	if (!WIFEXITED(status) || WEXITSTATUS(status) >= SESSION_ENDS)
		return SESSION_ENDS;
	return (enum session_end)WEXITSTATUS(status);
}

/* Returns why a proof was wrong, as the keyholder found out, or "". */
static const char *
explain(const struct parent *parent, const struct children *children,
    const struct child *child, enum session_end end, char words[SIZE_FINDING])
{
	const struct finding *finding =
	    &parent->findings[child - children->list];

	words[0] = '\0';
	if (end == SESSION_UNAUTHENTIC &&
	    atomic_load(&finding->number) == child->stay.number)
		finding_spell(finding, parent->self, words);
	return words;
}

void
children_bury(
    struct parent *parent, struct children *children, pid_t pid, int status)
{
	struct child **link = link_to(children, pid), *child = *link;
	enum session_end end = end_of(status);
	int64_t now_ms = clock_now_ms();
	char words[SIZE_FINDING];

	if (child == NULL)
		return;
	if (child->stay.state != STAY_NONE) { /* otherwise it was evicted */
		journal_end(&parent->journal, child->source.text, end,
		    WIFSIGNALED(status)
			? strsignal(WTERMSIG(status))
			: explain(parent, children, child, end, words),
		    now_ms);
		if (end == SESSION_UNAUTHENTIC && !parent->options->quiet)
			change_look(parent->options->directory,
			    parent->options->shown_directory, now_ms);
		admission_leave(&parent->admission, &child->stay, end, now_ms);
	}
	close_descriptor(&child->report);
	vacate(children, link);
}

void
children_kill(struct children *children)
{
	for (unsigned i = 0; i < children->places; i++)
		if (children->list[i].pid != 0)
			(void)kill(children->list[i].pid, SIGKILL);
}
