/* What the keyholder answers to sessions. */
#include "listener/keyholder/answer.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "common/base/error.h"
#include "common/base/hex.h"
#include "common/base/name.h"
#include "common/chat1/keys.h"
#include "common/chat1/proof.h"
#include "common/users/identity.h"
#include "listener/link/ticket.h"

/* A draw fails once in 2^32. The bound is for a broken generator. */
#define DRAWS 16

static int
reply(struct slot *slot, const void *datagram, size_t size)
{
	/* Never blocks: a session that does not read loses its replies. */
	return write(slot->channel, datagram, size) == (ssize_t)size
	    ? CHAT_OK
	    : CHAT_ECLOSED;
}

/* Makes a random password, for a connection that must not pass. */
static int
unknowable(char password[2 * SIZE_NONCE + 1])
{
	uint8_t random[SIZE_NONCE];
	int error =
	    getentropy(random, sizeof(random)) == 0 ? CHAT_OK : CHAT_EINTERNAL;

	hex_encode(random, sizeof(random), password);
	return error;
}

/* Collects facts for the journal. Takes the same steps for every connection. */
static void
note_facts(const struct answer_state *state, struct slot *slot, const char *to,
    const struct passwords *passwords)
{
	slot->facts = (struct facts){.for_self = strcmp(to, state->self) == 0,
	    .for_case = strcasecmp(to, state->self) == 0,
	    .self_has_entry =
		directory_find(&state->directory, state->self) != NULL,
	    .to_has_entry = passwords->to_has_entry,
	    .from_has_entry = passwords->from_has_entry,
	    .from_self = strcmp(slot->from, state->self) == 0,
	    .strict = state->strict && !slot->listed};
	(void)strlcpy(slot->to, to, sizeof(slot->to));
}

/* Notes why the proof is wrong, before the session can end and be logged. */
static void
report(const struct slot *slot)
{
	struct finding *finding = slot->finding;

	if (finding == NULL)
		return;
	atomic_store(&finding->number, 0);
	finding->facts = slot->facts;
	memcpy(finding->from, slot->from, sizeof(finding->from));
	memcpy(finding->to, slot->to, sizeof(finding->to));
	atomic_store(&finding->number, slot->number);
}

/*
 * Computes w for two names. A connection that must not pass (to another name,
 * from an unknown one, not listed although -s requires it) takes the same steps
 * with random passwords. Our own name is never listed, because senders know its
 * password.
 */
static int
choose_w(const struct answer_state *state, struct slot *slot, const char *to,
    struct spake2_party *party, struct passwords *passwords,
    char random[2 * SIZE_NONCE + 1])
{
	int error;

	if ((error = unknowable(random)) != 0)
		return error;
	identity_passwords(&state->directory, slot->from, to, passwords);
	slot->listed = passwords->listed;
	note_facts(state, slot, to, passwords);
	if (passwords->to == NULL || strcmp(to, state->self) != 0 ||
	    (state->strict && !slot->listed))
		passwords->from = passwords->to = random;
	return spake2_w(&state->suite, state->spake2, slot->from, to,
	    passwords->from, passwords->to, party->w);
}

/* Draws y and computes pB. */
static int
draw_share(const struct answer_state *state, struct spake2_party *party)
{
	int error = CHAT_ESCALAR;

	for (int i = 0; i < DRAWS && error == CHAT_ESCALAR; i++) {
		if (getentropy(party->scalar, SIZE_SCALAR) != 0)
			return CHAT_EINTERNAL;
		error = spake2_share(state->spake2, party);
	}
	return error;
}

/*
 * Derives enc_key and CHAP_SECRET, which the slot keeps until the proof. A peer
 * that makes K the point at infinity has guessed w. This must look like any
 * other guess, so it gets random keys that nobody can prove.
 */
static int
derive(const struct answer_state *state, struct slot *slot,
    struct spake2_party *party, const uint8_t pa[SIZE_POINT],
    const char *password)
{
	uint8_t dhsk[SIZE_HASH];
	struct keys keys;
	int error;

	error = spake2_finish(&state->suite, state->spake2, party, pa, dhsk);
	if (error == CHAT_EPOINT)
		error = getentropy(dhsk, sizeof(dhsk)) == 0 ? CHAT_OK
							    : CHAT_EINTERNAL;
	if (error == 0 &&
	    (error = keys_derive(&state->suite, password, strlen(password),
		 dhsk, slot->enc_key)) == 0 &&
	    (error = keys_expand(&state->suite, slot->enc_key, &keys)) == 0)
		memcpy(slot->chap_secret, keys.chap_secret, SIZE_HASH);
	explicit_bzero(dhsk, sizeof(dhsk));
	keys_wipe(&keys);
	return error;
}

/* The part of BEGIN that works with secrets. */
static int
begin(const struct answer_state *state, struct slot *slot,
    const struct begin_request *request, struct begin_reply *out)
{
	const char *to = (const char *)request->to;
	char random[2 * SIZE_NONCE + 1];
	struct passwords passwords;
	struct spake2_party party = {
	    .role = SPAKE2_B, .a = slot->from, .b = to};
	int error;

	if ((error = choose_w(state, slot, to, &party, &passwords, random)) ==
		0 &&
	    (error = draw_share(state, &party)) == 0)
		error = derive(state, slot, &party, request->pa, passwords.to);
	memcpy(out->pb, party.share, SIZE_POINT);
	explicit_bzero(&party, sizeof(party));
	explicit_bzero(random, sizeof(random));
	return error;
}

static int
answer_begin(struct answer_state *state, struct slot *slot,
    const union channel_datagram *datagram)
{
	const struct begin_request *request = &datagram->begin;
	struct begin_reply out = {.pb = {0}};
	int error;

	if (!name_field_valid(request->from) || !name_field_valid(request->to))
		return CHAT_EMALFORMED;
	memcpy(slot->from, request->from, sizeof(slot->from));
	slot->state = SLOT_ENDED;
	if ((error = spake2_check(state->spake2, request->pa)) == CHAT_EPOINT)
		return reply(slot, &out, sizeof(out));
	if (error != 0)
		return error;
	if (getentropy(slot->cl, SIZE_NONCE) != 0)
		return CHAT_EINTERNAL;
	if ((error = begin(state, slot, request, &out)) != 0)
		return error;
	memcpy(out.cl, slot->cl, SIZE_NONCE);
	slot->state = SLOT_VERIFY;
	return reply(slot, &out, sizeof(out));
}

static void
forget_keys(struct slot *slot)
{
	explicit_bzero(slot->enc_key, sizeof(slot->enc_key));
	explicit_bzero(slot->chap_secret, sizeof(slot->chap_secret));
	explicit_bzero(slot->cl, sizeof(slot->cl));
}

/* What a session gets for a right proof. */
static int
release(const struct answer_state *state, const struct slot *slot,
    struct verify_reply *out)
{
	const struct ticket_subject subject = {.session = slot->number,
	    .from = slot->from,
	    .to = slot->to,
	    .listed = slot->listed,
	    .id = slot->id};
	int error;

	error = ticket_make(
	    &state->suite, state->ticket_key, &subject, out->ticket);
	if (error != 0)
		return error;
	out->right = 1;
	out->listed = slot->listed;
	memcpy(out->enc_key, slot->enc_key, SIZE_HASH);
	atomic_store(slot->proof, slot->number);
	return CHAT_OK;
}

static int
answer_verify(struct answer_state *state, struct slot *slot,
    const union channel_datagram *datagram)
{
	const struct verify_request *request = &datagram->verify;
	struct verify_reply out = {0};
	uint8_t proof[SIZE_HASH];
	int error;

	memcpy(slot->id, request->id, SIZE_ID);
	error = proof_sender(&state->suite, slot->chap_secret, request->t2,
	    slot->cl, request->cs, proof);
	if (error == 0 && proof_equal(proof, request->ps))
		error = release(state, slot, &out);
	if (out.right != 1)
		report(slot);
	slot->state = out.right == 1 ? SLOT_DELIVER : SLOT_ENDED;
	forget_keys(slot);
	explicit_bzero(proof, sizeof(proof));
	if (error == 0)
		error = reply(slot, &out, sizeof(out));
	explicit_bzero(&out, sizeof(out));
	return error;
}

/*
 * Whether another session has a turn for a message with the same sender and id.
 */
static bool
in_hand(const struct turns *turn, const struct slot *slot)
{
	const struct slot *at;

	TAILQ_FOREACH(at, &turn->holders, link)
		if (memcmp(at->mark.id, slot->mark.id, SIZE_MARK) == 0)
			return true;
	return false;
}

/* Gives a slot a turn, or tells it why not. A turn must be free. */
static int
grant(struct answer_state *state, struct slot *slot)
{
	enum recall known = memory_recall(state->memory, &slot->mark, NULL);
	struct deliver_reply out;

	slot->state = SLOT_ENDED;
	if (known != RECALL_NOTHING) {
		out.verdict =
		    known == RECALL_SAME ? VERDICT_DUPLICATE : VERDICT_TAKEN;
	} else if (state->left <= state->turns.taken ||
	    in_hand(&state->turns, slot)) {
		out.verdict = VERDICT_BUSY;
	} else {
		out.verdict =
		    state->turns.torn ? VERDICT_GO_ON_NEW : VERDICT_GO;
		turn_give(&state->turns, slot);
		slot->state = SLOT_DONE;
	}
	return reply(slot, &out, sizeof(out));
}

static void
give_back(struct answer_state *state, struct slot *slot)
{
	turn_take_back(&state->turns, slot);
	slot->state = SLOT_ENDED;
}

/* Gives free turns to the slots that wait, in order. */
static void
hand_on(struct answer_state *state)
{
	struct slot *slot;

	while (state->turns.taken < state->turns.most &&
	    (slot = turn_next(&state->turns)) != NULL)
		if (grant(state, slot) != 0) {
			if (slot->state == SLOT_DONE)
				turn_take_back(&state->turns, slot);
			slot->state = SLOT_ENDED; /* until it hangs up */
		}
}

static int
answer_deliver(struct answer_state *state, struct slot *slot,
    const union channel_datagram *datagram)
{
	const struct deliver_request *request = &datagram->deliver;
	int error;

	if ((error = memory_mark(state->memory, &state->suite, slot->from,
		 slot->listed, slot->id, request->digest, &slot->mark)) != 0)
		return error;
	slot->state = SLOT_WAITING;
	turn_queue(&state->turns, slot);
	hand_on(state);
	return CHAT_OK;
}

/* A message was shown or handled. Its retries are duplicates from now on. */
static void
count(struct answer_state *state, const struct slot *slot)
{
	if (state->forgets)
		return;
	state->left--;
	state->shown++;
	memory_add(state->memory, &slot->mark, NULL);
}

static int
answer_done(struct answer_state *state, struct slot *slot,
    const union channel_datagram *datagram)
{
	give_back(state, slot);
	switch (datagram->done.written) {
	case WRITTEN_ALL:
	case WRITTEN_HANDLED:
		state->turns.torn = datagram->done.written != WRITTEN_ALL;
		count(state, slot);
		break;
	case WRITTEN_NOTHING:
		break;
	default:
		state->turns.torn = true;
		break;
	}
	hand_on(state);
	return CHAT_OK;
}

/* Each request: its size, the state in which it is allowed, its function. */
static const struct {
	enum channel_request request;
	size_t size;
	enum slot_state state;
	int (*serve)(struct answer_state *, struct slot *,
	    const union channel_datagram *);
} table[] = {
    {CHANNEL_BEGIN, sizeof(struct begin_request), SLOT_BEGIN, answer_begin},
    {CHANNEL_VERIFY, sizeof(struct verify_request), SLOT_VERIFY, answer_verify},
    {CHANNEL_DELIVER, sizeof(struct deliver_request), SLOT_DELIVER,
	answer_deliver},
    {CHANNEL_DONE, sizeof(struct done_request), SLOT_DONE, answer_done},
};

int
answer_request(struct answer_state *state, struct slot *slot,
    const union channel_datagram *datagram, size_t len)
{
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		if (datagram->request == table[i].request &&
		    len == table[i].size && slot->state == table[i].state)
			return table[i].serve(state, slot, datagram);
	return CHAT_EMALFORMED;
}

void
answer_end(struct answer_state *state, struct slot *slot)
{
	(void)close(slot->channel);
	if (slot->state == SLOT_WAITING)
		turn_leave(&state->turns, slot);
	if (slot->state == SLOT_DONE) {
		/* It died in its turn: part of a line may be written. */
		give_back(state, slot);
		state->turns.torn = true;
	}
	explicit_bzero(slot, sizeof(*slot));
	slot->state = SLOT_FREE;
	slot->channel = -1;
	hand_on(state);
}
