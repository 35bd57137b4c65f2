/* The desk. */
#include "listener/recorder/desk.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/base/error.h"

static void
change_state(struct desk *desk, struct client *client, enum client_state state)
{
	if (client->state == CLIENT_HOLDS) {
		TAILQ_REMOVE(&desk->holders, client, link);
		desk->holding--;
	}
	client->state = state;
	if (state == CLIENT_HOLDS) {
		TAILQ_INSERT_HEAD(&desk->holders, client, link);
		desk->holding++;
	}
}

/*
 * Replies to a client. `behind` may be NULL. Returns CHAT_ECLOSED if it has
 * gone.
 */
static int
reply(const struct client *client, enum recorder_result result,
    const struct chain *behind)
{
	struct recorder_reply out = {.result = (uint8_t)result};

	if (behind != NULL) {
		memcpy(out.seq, &behind->seq, sizeof(out.seq));
		memcpy(out.head, behind->head, SIZE_HASH);
	}
	/* Never blocks: a session that does not read loses its reply. */
	return write(client->channel, &out, sizeof(out)) == (ssize_t)sizeof(out)
	    ? CHAT_OK
	    : CHAT_ECLOSED;
}

/* Replies to a client that may make no more requests: it leaves. */
static void
reply_last(struct desk *desk, struct client *client,
    enum recorder_result result, const struct chain *behind)
{
	(void)reply(client, result, behind);
	desk_leave(desk, client);
}

static bool
is_held(const struct desk *desk, const struct client *by)
{
	const struct client *client;

	TAILQ_FOREACH(client, &desk->holders, link)
		if (client != by &&
		    memcmp(client->mark.id, by->mark.id, SIZE_MARK) == 0)
			return true;
	return false;
}

/*
 * Whether a message may go on to the disk, or to a command before. If not, the
 * client has been told why.
 */
static bool
may_go_on(struct desk *desk, struct client *client)
{
	struct chain behind;

	switch (ledger_look(&desk->ledger, &client->mark, &behind)) {
	case LEDGER_KNOWN:
		reply_last(desk, client, RECORDER_KNOWN, &behind);
		return false;
	case LEDGER_TAKEN:
		reply_last(desk, client, RECORDER_TAKEN, NULL);
		return false;
	case LEDGER_NEW:
		break;
	default:
		reply_last(desk, client, RECORDER_LATER, NULL);
		return false;
	}
	if (client->state == CLIENT_HOLDS)
		return true;
	if (desk->left > desk->holding + desk->ledger.count &&
	    !is_held(desk, client))
		return true;
	reply_last(desk, client, RECORDER_LATER, NULL);
	return false;
}

static void
hold(struct desk *desk, struct client *client)
{
	if (!may_go_on(desk, client))
		return;
	change_state(desk, client, CLIENT_HOLDS);
	if (reply(client, RECORDER_HELD, NULL) != 0)
		desk_leave(desk, client);
}

static void
append_line(struct desk *desk, struct client *client, size_t len)
{
	enum ledger_status status;
	struct record record;
	struct source source;

	if (!may_go_on(desk, client))
		return;
	submission_record(
	    &desk->in.ask.submission, desk->in.text, len, &source, &record);
	if (ledger_add(&desk->ledger, &client->mark, &record, &status) != 0 ||
	    status != LEDGER_WAITS) {
		reply_last(desk, client, RECORDER_LATER, NULL);
		return;
	}
	change_state(desk, client, CLIENT_WAITS);
	desk->waiting[desk->ledger.count - 1] = client;
}

/* Computes the mark of a request. A client that holds may not change it. */
static int
mark_request(struct desk *desk, struct client *client, size_t len)
{
	const struct submission *submission = &desk->in.ask.submission;
	const struct span text = {desk->in.text, len};
	uint8_t digest[SIZE_HASH];
	struct mark mark;

	if (suite_sha256(desk->suite, &text, 1, digest) != 0 ||
	    memory_mark(desk->memory, desk->suite,
		(const char *)submission->from, submission->listed == 1,
		submission->id, digest, &mark) != 0)
		return CHAT_EINTERNAL;
	if (client->state == CLIENT_HOLDS &&
	    memcmp(&mark, &client->mark, sizeof(mark)) != 0)
		return CHAT_EMALFORMED;
	client->mark = mark;
	return CHAT_OK;
}

/* Serves the request that was read, with a text of len bytes. */
static int
serve(struct desk *desk, struct client *client, size_t len)
{
	int error;

	if (!submission_is_valid(&desk->in.ask.submission, desk->in.text, len,
		desk->suite, desk->ticket_key, client->session))
		return CHAT_EAUTH;
	if ((error = mark_request(desk, client, len)) != 0)
		return error;
	if (desk->in.ask.request == RECORDER_HOLD &&
	    client->state == CLIENT_NEW)
		hold(desk, client);
	else if (desk->in.ask.request == RECORDER_APPEND)
		append_line(desk, client, len);
	else
		return CHAT_EMALFORMED;
	return CHAT_OK;
}

int
desk_open(struct desk *desk, size_t places)
{
	struct client *clients = calloc(places, sizeof(*clients));

	if (clients == NULL)
		return CHAT_EINTERNAL;
	TAILQ_INIT(&desk->free);
	TAILQ_INIT(&desk->holders);
	for (size_t i = 0; i < places; i++)
		TAILQ_INSERT_TAIL(&desk->free, &clients[i], link);
	return CHAT_OK;
}

struct client *
desk_admit(struct desk *desk, uint64_t session, int channel)
{
	struct client *client = TAILQ_FIRST(&desk->free);

	if (client == NULL)
		return NULL;
	TAILQ_REMOVE(&desk->free, client, link);
	*client = (struct client){
	    .state = CLIENT_NEW, .channel = channel, .session = session};
	return client;
}

void
desk_leave(struct desk *desk, struct client *client)
{
	change_state(desk, client, CLIENT_FREE);
	for (size_t i = 0; i < desk->ledger.count; i++)
		if (desk->waiting[i] == client)
			desk->waiting[i] = NULL;
	(void)close(client->channel);
	explicit_bzero(client, sizeof(*client));
	client->channel = -1;
	TAILQ_INSERT_HEAD(&desk->free, client, link);
}

void
desk_serve(struct desk *desk, struct client *client)
{
	const size_t head = sizeof(desk->in.ask);
	ssize_t n = read(client->channel, &desk->in, sizeof(desk->in));

	if (n == -1 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= (ssize_t)head || client->state == CLIENT_WAITS ||
	    serve(desk, client, (size_t)n - head) != 0)
		desk_leave(desk, client);
	if (n > 0)
		explicit_bzero(&desk->in, (size_t)n);
}

/* Replies to all who wait, and forgets the lines. */
static void
settle_all(struct desk *desk, bool recorded)
{
	for (size_t i = 0; i < desk->ledger.count; i++) {
		if (desk->waiting[i] == NULL)
			continue; /* it has gone */
		reply_last(desk, desk->waiting[i],
		    recorded ? RECORDER_RECORDED : RECORDER_FAILED,
		    recorded ? &desk->ledger.lines[i].behind : NULL);
	}
	ledger_clear(&desk->ledger);
}

int
desk_commit(struct desk *desk, unsigned long *recorded)
{
	size_t count = desk->ledger.count;
	int error = ledger_commit(&desk->ledger), number = errno;

	*recorded = error == 0 ? count : 0;
	desk->left -= *recorded;
	/* Nobody is told what nobody knows: whether the disk has the lines. */
	if (error != CHAT_ECLOSED && !(error == CHAT_EIO && desk->ledger.dead))
		settle_all(desk, error == 0);
	errno = number;
	return error;
}

void
desk_fail(struct desk *desk)
{
	settle_all(desk, false);
}
