/*
 * The keyholder's side of the channel, for several sessions that send any
 * requests in any order, stop reading, and die. A model of the requests checks
 * every reply. The key agreement is replaced, and random numbers are a counter:
 * getentropy() here replaces that of libc.
 */
#include <fcntl.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/base/name.h"
#include "common/chat1/proof.h"
#include "listener/keyholder/answer.h"
#include "listener/link/ticket.h"
#include "tests/fuzz/fake_spake2.h"
#include "tests/fuzz/fuzz.h"

#define SLOTS 6
#define MESSAGES 64 /* the maximum number of shown messages */
#define IDS 4       /* different ids in requests */
#define NAMES 12    /* and names, most of them valid */

/*
 * What a session does. One input byte has the act and, above it, the session.
 */
enum act {
	ACT_START,
	ACT_BEGIN,
	ACT_PROVE, /* with the right proof */
	ACT_GUESS, /* with a nearly right proof */
	ACT_DELIVER,
	ACT_DONE,
	ACT_SAY, /* any bytes */
	ACT_DIE,
	ACT_HANG_UP, /* die without the keyholder's knowing yet */
	ACT_STOP,    /* stop reading */
	ACT_NO_CHANCE,
	ACT_BAD_SCALARS,
	ACT_RELOAD,
	ACTS,
};

/* A session as its end sees it, and what it may expect. */
struct talk {
	int fd; /* -1 after it has gone */
	bool stopped;
	unsigned begun, judged, released, asked; /* replies and requests */
	bool proven; /* it made the right proof when it was allowed */
	bool go;     /* it was told to write */
	const char *from, *to;
	uint8_t pa[SIZE_POINT];
	uint8_t id[SIZE_ID], digest[SIZE_HASH];
};

static const char directory_json[] =
    "[{\"username\":\"alice\",\"password\":\"correct horse\","
    "\"port\":1,\"ip\":\"::1\"},"
    "{\"username\":\"bob\",\"password\":\"battery staple\","
    "\"port\":2,\"ip\":\"::1\"}]";
static const char names[NAMES][LIMIT_NAME + 2] = {"alice", "bob", "carol",
    "dave", "alice", "bob", "bob", "bob", "", "-x", "a b",
    "a2345678901234567890123456789012345678901234567890123456789012345"};

static struct {
	struct answer_state answers;
	struct slot slots[SLOTS];
	proof_cell proofs[SLOTS];
	struct talk sessions[SLOTS];
	struct {
		const char *from;
		bool listed;
		uint8_t id[SIZE_ID], digest[SIZE_HASH];
	} shown[MESSAGES];
	size_t shown_count;
	unsigned long left;
	bool torn;
	bool no_chance; /* the next draw fails */
	uint8_t chance;
} run;

int
getentropy(void *buffer, size_t len)
{
	bool fails = run.no_chance;

	run.no_chance = false;
	memset(buffer, ++run.chance, len);
	return fails ? -1 : 0;
}

static void
load_directory(void)
{
	struct fault fault;

	directory_free(&run.answers.directory);
	HOLDS(directory_parse(directory_json, sizeof(directory_json) - 1,
		  &run.answers.directory, &fault) == 0);
}

/* Returns the password of a name in directory_json. */
static const char *
password_of(const char *name)
{
	return strcmp(name, "alice") == 0 ? "correct horse"
	    : strcmp(name, "bob") == 0    ? "battery staple"
					  : NULL;
}

/* Whether a sender's proof shows who they are. */
static bool
is_listed(const struct talk *session)
{
	return password_of(session->from) != NULL &&
	    strcmp(session->from, session->to) != 0;
}

/*
 * Returns what was shown from this sender with this id: VERDICT_GO for nothing.
 * Listed and unlisted senders with the same name are different.
 */
static enum verdict
what_was_shown(const struct talk *session)
{
	for (size_t i = 0; i < run.shown_count; i++)
		if (strcmp(run.shown[i].from, session->from) == 0 &&
		    run.shown[i].listed == is_listed(session) &&
		    memcmp(run.shown[i].id, session->id, SIZE_ID) == 0)
			return memcmp(run.shown[i].digest, session->digest,
				   SIZE_HASH) == 0
			    ? VERDICT_DUPLICATE
			    : VERDICT_TAKEN;
	return VERDICT_GO;
}

/* Returns how many sessions have a turn. */
static unsigned long
goers(void)
{
	unsigned long count = 0;

	for (size_t i = 0; i < SLOTS; i++)
		count += run.slots[i].state == SLOT_DONE;
	return count;
}

/* Whether another session has a turn for the same message. */
static bool
is_in_hand(const struct talk *session)
{
	for (size_t i = 0; i < SLOTS; i++)
		if (&run.sessions[i] != session &&
		    run.slots[i].state == SLOT_DONE &&
		    strcmp(run.sessions[i].from, session->from) == 0 &&
		    is_listed(&run.sessions[i]) == is_listed(session) &&
		    memcmp(run.sessions[i].id, session->id, SIZE_ID) == 0)
			return true;
	return false;
}

/* Computes enc_key from all passwords. */
static void
guess_key(const struct talk *session, const uint8_t pb[SIZE_POINT],
    uint8_t enc_key[SIZE_HASH])
{
	const struct suite *suite = &run.answers.suite;
	const char *from = password_of(session->from);
	const char *to = password_of(session->to);
	struct spake2_party party = {.role = SPAKE2_A};
	uint8_t dhsk[SIZE_HASH];

	if (to == NULL)
		to = from == NULL ? "correct horse" : from;
	if (from == NULL)
		from = to;
	memcpy(party.share, session->pa, SIZE_POINT);
	HOLDS(spake2_w(suite, run.answers.spake2, session->from, session->to,
		  from, to, party.w) == 0);
	HOLDS(spake2_finish(suite, run.answers.spake2, &party, pb, dhsk) == 0);
	HOLDS(keys_derive(suite, to, strlen(to), dhsk, enc_key) == 0);
}

/* Only the session it is for can know the key that waits for a proof. */
static void
check_begun(struct talk *session, const struct begin_reply *reply)
{
	const struct slot *slot = &run.slots[session - run.sessions];
	bool may_pass = strcmp(session->to, "alice") == 0 &&
	    (!run.answers.strict || is_listed(session)) &&
	    session->pa[1] != 0xff;
	uint8_t enc_key[SIZE_HASH];

	HOLDS(session->begun++ == 0 && session->judged == 0);
	if (session->pa[0] != 4) {
		HOLDS(all_zero(reply, sizeof(*reply)));
		return;
	}
	HOLDS(reply->pb[0] == 4 && slot->state == SLOT_VERIFY);
	guess_key(session, reply->pb, enc_key);
	HOLDS((memcmp(slot->enc_key, enc_key, SIZE_HASH) == 0) == may_pass);
}

/* Good for this session, its names and its id, and for nothing else. */
static void
check_ticket(const struct talk *session, const uint8_t ticket[SIZE_HASH])
{
	struct ticket_subject subject = {
	    .session = run.slots[session - run.sessions].number,
	    .from = session->from,
	    .to = session->to,
	    .listed = is_listed(session),
	    .id = session->id};
	const struct suite *suite = &run.answers.suite;
	const uint8_t *key = run.answers.ticket_key;

	HOLDS(ticket_is_right(suite, key, &subject, ticket));
	subject.session++;
	HOLDS(!ticket_is_right(suite, key, &subject, ticket));
}

static void
check_judged(struct talk *session, const struct verify_reply *reply)
{
	HOLDS(session->begun == 1 && session->judged++ == 0);
	HOLDS((reply->right == 1) == session->proven);
	if (reply->right != 1) {
		HOLDS(all_zero(reply, sizeof(*reply)));
		return;
	}
	HOLDS(session->released++ == 0);
	HOLDS(!all_zero(reply->enc_key, SIZE_HASH));
	check_ticket(session, reply->ticket);
	HOLDS((reply->listed != 0) == is_listed(session));
}

static void
check_verdict(struct talk *session, const struct deliver_reply *reply)
{
	HOLDS(session->released == 1 && session->asked == 1 && !session->go);
	switch (reply->verdict) {
	case VERDICT_GO:
	case VERDICT_GO_ON_NEW:
		HOLDS(goers() <= run.answers.turns.most && goers() <= run.left);
		HOLDS(what_was_shown(session) == VERDICT_GO &&
		    !is_in_hand(session));
		HOLDS((reply->verdict == VERDICT_GO_ON_NEW) == run.torn);
		session->go = true;
		break;
	case VERDICT_DUPLICATE:
	case VERDICT_TAKEN:
		HOLDS(what_was_shown(session) == reply->verdict);
		break;
	default:
		HOLDS(reply->verdict == VERDICT_BUSY);
		HOLDS(run.left <= goers() || is_in_hand(session));
		break;
	}
}

/* Reads what came to a session, each reply by its size. */
static void
hear(struct talk *session)
{
	union {
		struct begin_reply begun;
		struct verify_reply judged;
		struct deliver_reply verdict;
		uint8_t bytes[256];
	} reply;
	ssize_t n;

	while (session->fd != -1 && !session->stopped &&
	    (n = recv(session->fd, &reply, sizeof(reply), MSG_DONTWAIT)) > 0)
		if (n == sizeof(reply.begun))
			check_begun(session, &reply.begun);
		else if (n == sizeof(reply.judged))
			check_judged(session, &reply.judged);
		else if (n == sizeof(reply.verdict))
			check_verdict(session, &reply.verdict);
		else
			HOLDS(n == 0 /* or one of the sizes above */);
}

/* A session that has a turn is noted, and none waits while a turn is free. */
static void
check_turn(void)
{
	const struct turns *turn = &run.answers.turns;
	const struct slot *at;
	size_t holders = 0, waiting = 0, queued = 0;

	for (size_t i = 0; i < SLOTS; i++)
		waiting += run.slots[i].state == SLOT_WAITING;
	TAILQ_FOREACH(at, &turn->holders, link)
		HOLDS(at->state == SLOT_DONE && ++holders <= SLOTS);
	HOLDS(holders == goers() && holders == turn->taken);
	TAILQ_FOREACH(at, &turn->waiting, link)
		HOLDS(at->state == SLOT_WAITING && ++queued <= SLOTS);
	HOLDS(queued == waiting && *turn->waiting.tqh_last == NULL);
	HOLDS(holders <= turn->most);
	HOLDS(holders == turn->most || queued == 0);
	HOLDS(run.answers.left == run.left && turn->torn == run.torn);
}

static void
check_slots(void)
{
	for (size_t i = 0; i < SLOTS; i++) {
		const struct slot *slot = &run.slots[i];

		HOLDS((slot->state == SLOT_FREE) == (slot->channel == -1));
		if (slot->state == SLOT_VERIFY)
			continue;
		HOLDS(all_zero(slot->enc_key, SIZE_HASH));
		HOLDS(all_zero(slot->chap_secret, SIZE_HASH));
		HOLDS(all_zero(slot->cl, SIZE_NONCE));
	}
}

static void
hear_all(void)
{
	for (size_t i = 0; i < SLOTS; i++)
		hear(&run.sessions[i]);
	check_turn();
	check_slots();
}

static void
start(size_t i)
{
	int ends[2], room = 1;

	if (run.slots[i].state != SLOT_FREE)
		return;
	HOLDS(
	    socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK, 0, ends) == 0);
	(void)setsockopt(ends[0], SOL_SOCKET, SO_SNDBUF, &room, sizeof(room));
	run.slots[i].state = SLOT_BEGIN;
	run.slots[i].proof = &run.proofs[i];
	run.slots[i].number = 100 + i;
	run.slots[i].channel = ends[0];
	memset(&run.sessions[i], 0, sizeof(run.sessions[i]));
	run.sessions[i].fd = ends[1];
}

static void
hang_up(size_t i)
{
	if (run.sessions[i].fd != -1)
		(void)close(run.sessions[i].fd);
	run.sessions[i].fd = -1;
}

/* Does what the keyholder does when a channel ends, for any reason. */
static void
end(size_t i)
{
	if (run.slots[i].state == SLOT_FREE)
		return;
	hear(&run.sessions[i]);
	run.torn |= run.slots[i].state == SLOT_DONE;
	answer_end(&run.answers, &run.slots[i]);
	HOLDS(run.slots[i].state == SLOT_FREE);
	hang_up(i);
}

/* Tells the model about a request before the keyholder serves it. */
static void
foresee(size_t i, const union channel_datagram *datagram, size_t len)
{
	struct talk *session = &run.sessions[i];
	const struct slot *slot = &run.slots[i];
	uint8_t proof[SIZE_HASH];

	if (slot->state == SLOT_VERIFY && len == sizeof(datagram->verify)) {
		HOLDS(proof_sender(&run.answers.suite, slot->chap_secret,
			  datagram->verify.t2, slot->cl, datagram->verify.cs,
			  proof) == 0);
		session->proven = datagram->request == CHANNEL_VERIFY &&
		    memcmp(proof, datagram->verify.ps, SIZE_HASH) == 0;
		memcpy(session->id, datagram->verify.id, SIZE_ID);
	}
	if (slot->state == SLOT_DELIVER && len == sizeof(datagram->deliver) &&
	    datagram->request == CHANNEL_DELIVER) {
		session->asked++;
		memcpy(session->digest, datagram->deliver.digest, SIZE_HASH);
	}
	if (slot->state != SLOT_DONE || len != sizeof(datagram->done) ||
	    datagram->request != CHANNEL_DONE)
		return;
	if (datagram->done.written == WRITTEN_ALL ||
	    datagram->done.written == WRITTEN_HANDLED) {
		HOLDS(run.shown_count < MESSAGES);
		run.shown[run.shown_count].from = session->from;
		run.shown[run.shown_count].listed = is_listed(session);
		memcpy(run.shown[run.shown_count].digest, session->digest,
		    SIZE_HASH);
		memcpy(run.shown[run.shown_count++].id, session->id, SIZE_ID);
		run.left--;
		run.torn = datagram->done.written == WRITTEN_HANDLED;
	} else if (datagram->done.written != WRITTEN_NOTHING) {
		run.torn = true;
	}
}

/* Whether this session must be served now, if its request is allowed. */
static bool
is_due(size_t i, enum slot_state state)
{
	const struct talk *session = &run.sessions[i];

	return run.slots[i].state == state && session->fd != -1 &&
	    !session->stopped && !run.no_chance && fake_spake2.bad_scalars < 16;
}

/*
 * Serves one datagram from memory that ends behind it. If it is allowed, it
 * must not fail.
 */
static void
say(size_t i, const void *bytes, size_t len, bool due)
{
	enum slot_state before = run.slots[i].state;
	union channel_datagram *datagram;
	int error;

	if (before == SLOT_FREE || len == 0)
		return;
	HOLDS((datagram = malloc(len)) != NULL);
	memcpy(datagram, bytes, len);
	foresee(i, datagram, len);
	error = answer_request(&run.answers, &run.slots[i], datagram, len);
	free(datagram);
	HOLDS(error == 0 ? run.slots[i].state > before : !due);
	if (error != 0)
		end(i);
}

static bool
is_name(const char *name)
{
	return name_valid(name, strlen(name));
}

static void
say_begin(size_t i, struct input *input)
{
	struct talk *session = &run.sessions[i];
	uint8_t from = input_byte(input) % NAMES, to = input_byte(input);
	struct begin_request request = {.request = CHANNEL_BEGIN};

	memcpy(request.from, names[from], sizeof(request.from));
	memcpy(request.to, names[to % NAMES], sizeof(request.to));
	memset(request.pa, to / NAMES == 1 ? 0xff : to, SIZE_POINT);
	request.pa[0] = to >= 240 ? 5 : 4;
	if (run.slots[i].state == SLOT_BEGIN) {
		session->from = names[from];
		session->to = names[to % NAMES];
		memcpy(session->pa, request.pa, SIZE_POINT);
	}
	say(i, &request, sizeof(request),
	    is_due(i, SLOT_BEGIN) && is_name(names[from]) &&
		is_name(names[to % NAMES]));
}

static void
say_verify(size_t i, struct input *input, bool right)
{
	const struct slot *slot = &run.slots[i];
	uint8_t bit = input_byte(input);
	struct verify_request request = {.request = CHANNEL_VERIFY};

	memset(request.id, bit % IDS, SIZE_ID);
	memset(request.t2, bit, SIZE_HASH);
	memset(request.cs, bit ^ 0xff, SIZE_NONCE);
	HOLDS(proof_sender(&run.answers.suite, slot->chap_secret, request.t2,
		  slot->cl, request.cs, request.ps) == 0);
	if (!right)
		request.ps[bit / 8] ^= (uint8_t)(1 << bit % 8);
	say(i, &request, sizeof(request), is_due(i, SLOT_VERIFY));
}

static void
say_deliver(size_t i, struct input *input)
{
	struct deliver_request request = {.request = CHANNEL_DELIVER};
	uint8_t byte = input_byte(input);

	memset(request.digest, byte % 2, SIZE_HASH);
	say(i, &request, sizeof(request), is_due(i, SLOT_DELIVER));
}

static void
say_done(size_t i, struct input *input)
{
	struct done_request request = {
	    .request = CHANNEL_DONE, .written = input_byte(input)};

	say(i, &request, sizeof(request), is_due(i, SLOT_DONE));
}

static void
say_anything(size_t i, struct input *input)
{
	const uint8_t *bytes;
	size_t len = input_byte(input) % sizeof(union channel_datagram);

	len = input_take(input, len + 1, &bytes);
	/* A BEGIN that the model does not know about would confuse it. */
	if (run.slots[i].state == SLOT_BEGIN &&
	    len == sizeof(struct begin_request) && bytes[0] == CHANNEL_BEGIN)
		return;
	say(i, bytes, len, false);
}

static void
act(enum act what, size_t i, struct input *input)
{
	switch (what) {
	case ACT_START:
		start(i);
		break;
	case ACT_BEGIN:
		say_begin(i, input);
		break;
	case ACT_PROVE:
	case ACT_GUESS:
		say_verify(i, input, what == ACT_PROVE);
		break;
	case ACT_DELIVER:
		say_deliver(i, input);
		break;
	case ACT_DONE:
		say_done(i, input);
		break;
	case ACT_SAY:
		say_anything(i, input);
		break;
	case ACT_DIE:
		end(i);
		break;
	case ACT_HANG_UP:
		hang_up(i);
		break;
	case ACT_STOP:
		run.sessions[i].stopped = true;
		while (run.slots[i].state != SLOT_FREE &&
		    write(run.slots[i].channel, "", 1) == 1)
			continue;
		break;
	case ACT_NO_CHANCE:
		run.no_chance = true;
		break;
	case ACT_BAD_SCALARS:
		fake_spake2.bad_scalars = input_byte(input) % 20;
		break;
	default:
		load_directory();
		break;
	}
}

/* Sets the state that a first byte describes. */
static void
furnish(uint8_t first)
{
	struct answer_state *answers = &run.answers;

	(void)signal(SIGPIPE, SIG_IGN);
	if (answers->suite.sha256 == NULL)
		HOLDS(suite_open(&answers->suite) == 0);
	fake_suite = &answers->suite;
	fake_spake2.bad_scalars = 0;
	run.shown_count = 0;
	run.torn = run.no_chance = false;
	run.chance = 0;
	run.left = answers->left =
	    first / 2 % 8 == 7 ? MESSAGES : first / 2 % 8;
	answers->strict = first % 2;
	(void)strcpy(answers->self, names[0]);
	turn_open(&answers->turns, first / 16 % 2 == 0 ? 1 : 3);
	HOLDS(spake2_open(&answers->spake2) == 0);
	HOLDS((answers->memory = memory_open()) != NULL);
	load_directory();
	memset(run.slots, 0, sizeof(run.slots));
	for (size_t i = 0; i < SLOTS; i++) {
		run.slots[i].channel = -1;
		run.sessions[i].fd = -1;
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input input = {data, data + size};
	uint8_t what;

	furnish(input_byte(&input));
	while (input.at < input.end) {
		what = input_byte(&input);
		act(what % ACTS, what / ACTS % SLOTS, &input);
		hear_all();
	}
	for (size_t i = 0; i < SLOTS; i++) {
		end(i);
		hear_all();
	}
	free(run.answers.memory);
	directory_free(&run.answers.directory);
	return 0;
}
