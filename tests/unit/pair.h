/*
 * A session in memory: an initiator, a responder, the keyholder's part, the six
 * frames between them, with the random numbers and the clock of chat1.json. A
 * test changes some of this and then goes through the session step by step.
 */
#ifndef TESTS_UNIT_PAIR_H
#define TESTS_UNIT_PAIR_H

#include "common/base/error.h"
#include "common/base/timestamp.h"
#include "common/chat1/initiator.h"
#include "common/chat1/payload.h"
#include "common/chat1/responder.h"
#include "tests/unit/unit.h"

/* The steps of a session, in order. */
enum step {
	STEP_HELLO,
	STEP_READ_HELLO,
	STEP_CHALLENGE,
	STEP_RESPONSE,
	STEP_CONFIRM,
	STEP_TEXT,
	STEP_READ_TEXT,
	STEP_ACK,
	STEP_RECEIPT,
	STEPS,
};
#define FRAMES 6

/* The step that reads frame n, 1 to 6. */
static const enum step reader_of[FRAMES + 1] = {STEPS, STEP_READ_HELLO,
    STEP_CHALLENGE, STEP_RESPONSE, STEP_CONFIRM, STEP_READ_TEXT, STEP_RECEIPT};

/* The passwords as the listener's keyholder has them, for one session. */
struct holder {
	const struct suite *suite;
	const struct spake2 *spake2;
	const char *name; /* the name that it answers for */
	const char *password_from, *password_to;
	uint8_t scalar[SIZE_SCALAR], nonce[SIZE_NONCE]; /* y and CL */
	bool gullible; /* of an impostor: accepts any proof */
	bool listed;
	char from[LIMIT_NAME + 1];
	uint8_t w[SIZE_SCALAR], pa[SIZE_POINT], pb[SIZE_POINT];
	uint8_t dhsk[SIZE_HASH], enc_key[SIZE_HASH];
	int begun, verified; /* how often it was called */
};

/* All state of a session. A test can save a copy and restore it. */
struct moving {
	enum step next;
	bool shown; /* the responder accepted a message */
	struct initiator initiator;
	struct responder responder;
	struct holder holder;
	struct receipt receipt; /* that the initiator got */
};

struct pair {
	struct suite suite;
	struct spake2 *spake2;
	struct responder_ops ops;
	struct initiator_input input;
	int64_t clock[STEPS]; /* the clock of the role that makes the step */
	const char *text;
	size_t text_len;
	bool batch;             /* the text is sent as one */
	struct receipt receipt; /* that the responder gives */
	struct moving at;
	struct line frames[FRAMES + 1]; /* counted from 1 */
};

static struct pair pair; /* the session of the current test */

static inline int
holder_begin(void *arg, const char *from, const char *to,
    const uint8_t pa[SIZE_POINT], uint8_t pb[SIZE_POINT],
    uint8_t cl[SIZE_NONCE])
{
	struct holder *h = arg;
	struct spake2_party party = {
	    .role = SPAKE2_B, .a = h->from, .b = h->name};
	int error;

	(void)to; /* it answers only for its own name */
	h->begun++;
	(void)snprintf(h->from, sizeof(h->from), "%s", from);
	memcpy(party.scalar, h->scalar, SIZE_SCALAR);
	if ((error = spake2_w(h->suite, h->spake2, from, h->name,
		 h->password_from, h->password_to, party.w)) != 0)
		return error;
	memcpy(h->w, party.w, SIZE_SCALAR);
	if ((error = spake2_share(h->spake2, &party)) != 0)
		return error;
	memcpy(h->pa, pa, SIZE_POINT);
	memcpy(h->pb, party.share, SIZE_POINT);
	memcpy(pb, party.share, SIZE_POINT);
	memcpy(cl, h->nonce, SIZE_NONCE);
	return spake2_finish(h->suite, h->spake2, &party, pa, h->dhsk);
}

static inline int
holder_verify(void *arg, const uint8_t t2[SIZE_HASH],
    const uint8_t cs[SIZE_NONCE], const uint8_t ps[SIZE_HASH],
    uint8_t enc_key[SIZE_HASH], bool *listed)
{
	struct holder *h = arg;
	struct keys keys;
	uint8_t proof[SIZE_HASH];

	h->verified++;
	if (keys_derive(h->suite, h->password_to, strlen(h->password_to),
		h->dhsk, h->enc_key) != 0 ||
	    keys_expand(h->suite, h->enc_key, &keys) != 0 ||
	    proof_sender(h->suite, keys.chap_secret, t2, h->nonce, cs, proof) !=
		0)
		return CHAT_EINTERNAL;
	explicit_bzero(&keys, sizeof(keys));
	if (!h->gullible && !proof_equal(proof, ps))
		return CHAT_EAUTH;
	memcpy(enc_key, h->enc_key, SIZE_HASH);
	*listed = h->listed;
	return CHAT_OK;
}

/* Sets the time of chat1.json for every step. */
static inline int64_t
pair_time(void)
{
	int64_t time;

	ck_assert_int_eq(timestamp_parse(unit_vector("timestamp"), &time), 0);
	return time;
}

/* Moves the clocks from this step on, so that what it reads is old. */
static inline void
pair_pass_time(enum step step, int64_t seconds)
{
	for (int i = (int)step; i < STEPS; i++)
		pair.clock[i] += seconds;
}

/* Opens both roles with the current contents of `pair`. */
static inline void
pair_open(void)
{
	pair.at.next = STEP_HELLO;
	pair.at.shown = false;
	ck_assert_int_eq(initiator_open(&pair.at.initiator, &pair.suite,
			     pair.spake2, &pair.input),
	    0);
	ck_assert_int_eq(
	    responder_open(&pair.at.responder, &pair.suite, &pair.ops), 0);
}

/* Sets everything for pair_open() as in chat1.json. */
static inline void
pair_fill(void)
{
	struct holder *h = &pair.at.holder;

	pair.input = (struct initiator_input){.from = unit_vector("from"),
	    .to = unit_vector("to"),
	    .password_from = unit_vector("password_from"),
	    .password_to = unit_vector("password_to")};
	unit_vector_bytes("drawn", pair.input.drawn, SIZE_ID);
	unit_vector_bytes("x", pair.input.scalar, SIZE_SCALAR);
	unit_vector_bytes("CS", pair.input.nonce, SIZE_NONCE);
	*h = (struct holder){.suite = &pair.suite,
	    .spake2 = pair.spake2,
	    .name = pair.input.to,
	    .password_from = pair.input.password_from,
	    .password_to = pair.input.password_to,
	    .listed = true};
	unit_vector_bytes("y", h->scalar, SIZE_SCALAR);
	unit_vector_bytes("CL", h->nonce, SIZE_NONCE);
	unit_vector_bytes("seq", &pair.receipt.seq, sizeof(pair.receipt.seq));
	pair.receipt.seq = be64toh(pair.receipt.seq);
	unit_vector_bytes("head", pair.receipt.head, SIZE_HASH);
	for (int i = 0; i < STEPS; i++)
		pair.clock[i] = pair_time();
	pair.text = unit_vector("text");
	pair.text_len = strlen(pair.text);
}

/* A fixture: a session before its first step. */
static inline void
pair_setup(void)
{
	ck_assert_int_eq(suite_open(&pair.suite), 0);
	ck_assert_int_eq(spake2_open(&pair.spake2), 0);
	pair.ops = (struct responder_ops){
	    holder_begin, holder_verify, &pair.at.holder};
	pair_fill();
	pair_open();
}

static inline void
pair_teardown(void)
{
	initiator_close(&pair.at.initiator);
	responder_close(&pair.at.responder);
	spake2_close(pair.spake2);
	suite_close(&pair.suite);
}

/* Makes a step of the initiator. */
static inline int
pair_send(enum step step)
{
	struct initiator *i = &pair.at.initiator;
	struct line *frames = pair.frames;
	int64_t now = pair.clock[step];

	switch (step) {
	case STEP_HELLO:
		return initiator_hello(i, now, &frames[1]);
	case STEP_CHALLENGE:
		return initiator_challenge(i, now, &frames[2], &frames[3]);
	case STEP_CONFIRM:
		return initiator_confirm(i, now, &frames[4]);
	case STEP_TEXT:
		return initiator_text(i, pair.batch ? FRAME_LINES : FRAME_TEXT,
		    now, pair.text, pair.text_len, &frames[5]);
	case STEP_RECEIPT:
		return initiator_receipt(i, now, &frames[6], &pair.at.receipt);
	default:
		return CHAT_EINTERNAL;
	}
}

/* Makes one step, even if it is not its turn. */
static inline int
pair_step(enum step step)
{
	struct responder *r = &pair.at.responder;
	struct line *frames = pair.frames;
	int64_t now = pair.clock[step];
	int error;

	switch (step) {
	case STEP_READ_HELLO:
		return responder_hello(r, now, &frames[1], &frames[2]);
	case STEP_RESPONSE:
		return responder_response(r, now, &frames[3], &frames[4]);
	case STEP_READ_TEXT:
		error = responder_text(r, now, &frames[5]);
		pair.at.shown = error == 0;
		return error;
	case STEP_ACK:
		return responder_ack(r, now, &pair.receipt, &frames[6]);
	default:
		return pair_send(step);
	}
}

/* Makes all steps before this one. Returns the first error. */
static inline int
pair_until(enum step step)
{
	int error;

	for (; pair.at.next < step; pair.at.next++)
		if ((error = pair_step(pair.at.next)) != 0)
			return error;
	return CHAT_OK;
}

/* Makes all steps before this one, and expects no error. */
static inline void
pair_reach(enum step step)
{
	ck_assert_int_eq(pair_until(step), 0);
}

/* Makes the next step, and expects this result. */
static inline void
pair_expect(enum step step, int error)
{
	pair_reach(step);
	ck_assert_int_eq(pair_step(step), error);
	pair.at.next = step + 1;
}

/* Replaces frame n before it is read. */
static inline void
pair_replace(int n, const char *bytes, size_t len)
{
	ck_assert_uint_le(len, sizeof(pair.frames[n].bytes));
	memcpy(pair.frames[n].bytes, bytes, len);
	pair.frames[n].len = len;
}

/* Decodes a frame of the session into a static buffer. */
static inline void
pair_decode(const struct line *line, struct frame *frame)
{
	static uint8_t payload[LIMIT_CIPHERTEXT];

	ck_assert_int_eq(
	    frame_decode(line, frame, payload, sizeof(payload)), 0);
}

/*
 * Replaces frame n, which is read next, by a frame that a peer with the
 * session's keys would send; it has a MAC if frame->has_mac is set.
 */
static inline void
pair_forge(int n, const struct frame *frame, struct line *line)
{
	const struct moving *at = &pair.at;
	const struct exchange *reader =
	    n % 2 == 1 ? &at->responder.exchange : &at->initiator.exchange;
	const struct exchange *keyed =
	    n % 2 == 1 ? &at->initiator.exchange : &at->responder.exchange;
	struct exchange forger = {.suite = &pair.suite,
	    .outgoing = n % 2 == 1 ? SENDER_TO_LISTENER : LISTENER_TO_SENDER,
	    .transcript = reader->transcript,
	    .keys = keyed->keys};

	ck_assert_int_eq(exchange_encode(&forger, frame, line), 0);
}

/* Replaces frame n by the same frame with another payload. */
static inline void
pair_forge_payload(int n, const void *payload, size_t len)
{
	struct frame frame;

	pair_decode(&pair.frames[n], &frame);
	frame.payload = payload;
	frame.payload_len = len;
	pair_forge(n, &frame, &pair.frames[n]);
}

#endif
