/* The initiator of chat1. */
#include "common/chat1/initiator.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/error.h"
#include "common/base/timestamp.h"
#include "common/chat1/id.h"
#include "common/chat1/payload.h"
#include "common/chat1/seal.h"

static int
give_up(struct initiator *initiator, int error)
{
	initiator_close(initiator);
	return error;
}

/* Enters the next state if the call comes in its turn. */
static bool
take_step(struct initiator *initiator, enum initiator_state state)
{
	if (initiator->state != state)
		return false;
	initiator->state++;
	return true;
}

int
initiator_open(struct initiator *initiator, const struct suite *suite,
    const struct spake2 *spake2, const struct initiator_input *input)
{
	int error;

	memset(initiator, 0, sizeof(*initiator));
	if (strlen(input->from) > LIMIT_NAME ||
	    strlen(input->to) > LIMIT_NAME ||
	    strlen(input->password_from) > LIMIT_PASSWORD ||
	    strlen(input->password_to) > LIMIT_PASSWORD)
		return give_up(initiator, CHAT_ETOOLONG);
	strcpy(initiator->from, input->from);
	strcpy(initiator->to, input->to);
	initiator->password_to = input->password_to;
	memcpy(initiator->nonce, input->nonce, SIZE_NONCE);
	initiator->spake2 = spake2;
	initiator->party.role = SPAKE2_A;
	initiator->party.a = initiator->from;
	initiator->party.b = initiator->to;
	memcpy(initiator->party.scalar, input->scalar, SIZE_SCALAR);
	if ((error = exchange_start(
		 &initiator->exchange, suite, SENDER_TO_LISTENER)) != 0 ||
	    (error = id_derive(
		 suite, input->drawn, input->to, initiator->id)) != 0 ||
	    (error = spake2_w(suite, spake2, input->from, input->to,
		 input->password_from, input->password_to,
		 initiator->party.w)) != 0 ||
	    (error = spake2_share(spake2, &initiator->party)) != 0)
		return give_up(initiator, error);
	return CHAT_OK;
}

int
initiator_hello(struct initiator *initiator, int64_t now, struct line *out)
{
	uint8_t payload[HELLO_MAX];
	struct frame frame = {
	    .type = FRAME_HELLO, .time = now, .payload = payload};
	struct hello hello = {.id = initiator->id,
	    .from = initiator->from,
	    .to = initiator->to,
	    .share = initiator->party.share};
	int error;

	if (!take_step(initiator, INITIATOR_READY))
		return give_up(initiator, CHAT_EINTERNAL);
	frame.payload_len = payload_hello_pack(&hello, payload);
	if ((error = exchange_encode(&initiator->exchange, &frame, out)) != 0)
		return give_up(initiator, error);
	return CHAT_OK;
}

/* If the line is a nack without a MAC, returns the error for its reason. */
static int
refusal(struct initiator *initiator, const struct line *in)
{
	uint8_t payload[LIMIT_FRAME];
	struct frame frame;
	int error;

	if (in->len > LIMIT_FRAME ||
	    exchange_decode(in, FRAME_NACK, &frame, payload, sizeof(payload)) !=
		0)
		return CHAT_OK;
	error = payload_nack_error(&frame);
	/* No text was sent yet, so these reasons make no sense. */
	if (error == CHAT_EUNDELIVERED || error == CHAT_ETAKEN)
		error = CHAT_EMALFORMED;
	initiator->refused = true;
	return error;
}

/* Reads a frame of the handshake, or a nack in its place. */
static int
receive(struct initiator *initiator, const struct line *in,
    enum frame_type type, struct frame *frame, uint8_t *payload)
{
	int error;

	if ((error = refusal(initiator, in)) != 0)
		return error;
	return exchange_decode(in, type, frame, payload, LIMIT_FRAME);
}

/*
 * Checks a challenge. In another version of the protocol, its length may
 * differ.
 */
static int
check_challenge(const struct frame *frame, int64_t now)
{
	if (frame->payload_len >= 1 && frame->payload[0] != CHAT1_VERSION)
		return CHAT_EVERSION;
	if (frame->payload_len != CHALLENGE_LEN)
		return CHAT_EMALFORMED;
	return timestamp_near(frame->time, now) ? CHAT_OK : CHAT_ECLOCK;
}

/* Derives the keys of the session from the listener's share. */
static int
derive_keys(struct initiator *initiator, const uint8_t share[SIZE_POINT])
{
	const struct suite *suite = initiator->exchange.suite;
	uint8_t dhsk[SIZE_HASH], enc_key[SIZE_HASH];
	int error;

	if ((error = spake2_finish(suite, initiator->spake2, &initiator->party,
		 share, dhsk)) == 0 &&
	    (error = keys_derive(suite, initiator->password_to,
		 strlen(initiator->password_to), dhsk, enc_key)) == 0)
		error = keys_expand(suite, enc_key, &initiator->exchange.keys);
	explicit_bzero(dhsk, sizeof(dhsk));
	explicit_bzero(enc_key, sizeof(enc_key));
	initiator->password_to = NULL;
	return error == CHAT_EPOINT ? CHAT_EMALFORMED : error;
}

/* Encodes frame 3: the sender proves itself first. */
static int
respond(struct initiator *initiator, const uint8_t cl[SIZE_NONCE], int64_t now,
    struct line *out)
{
	struct exchange *exchange = &initiator->exchange;
	uint8_t payload[RESPONSE_LEN];
	struct frame frame = {.type = FRAME_RESPONSE,
	    .time = now,
	    .payload = payload,
	    .payload_len = sizeof(payload),
	    .has_mac = true};
	int error;

	error = proof_sender(exchange->suite, exchange->keys.chap_secret,
	    exchange->transcript.hash, cl, initiator->nonce, payload);
	if (error != 0)
		return error;
	memcpy(payload + SIZE_HASH, initiator->nonce, SIZE_NONCE);
	return exchange_encode(exchange, &frame, out);
}

int
initiator_challenge(struct initiator *initiator, int64_t now,
    const struct line *in, struct line *out)
{
	uint8_t payload[LIMIT_FRAME];
	struct frame frame;
	int error;

	if (!take_step(initiator, INITIATOR_HELLO_SENT))
		return give_up(initiator, CHAT_EINTERNAL);
	if ((error = receive(
		 initiator, in, FRAME_CHALLENGE, &frame, payload)) != 0 ||
	    (error = check_challenge(&frame, now)) != 0 ||
	    (error = exchange_absorb(&initiator->exchange, in)) != 0 ||
	    (error = derive_keys(initiator, payload + 1)) != 0 ||
	    (error = respond(initiator, payload + 1 + SIZE_POINT, now, out)) !=
		0)
		return give_up(initiator, error);
	return CHAT_OK;
}

/* Checks a confirm: first MAC and proof, then the time, which they protect. */
static int
check_confirm(const struct initiator *initiator, const struct line *in,
    const struct frame *frame, int64_t now)
{
	const struct exchange *exchange = &initiator->exchange;
	uint8_t proof[SIZE_HASH];
	int error;

	if (frame->payload_len != SIZE_HASH)
		return CHAT_EMALFORMED;
	if ((error = exchange_verify(
		 exchange, &exchange->transcript, in, frame)) != 0 ||
	    (error = proof_listener(exchange->suite, exchange->keys.chap_secret,
		 exchange->transcript.hash, initiator->nonce, proof)) != 0)
		return error;
	if (!proof_equal(proof, frame->payload))
		return CHAT_EAUTH;
	return timestamp_near(frame->time, now) ? CHAT_OK : CHAT_ECLOCK;
}

int
initiator_confirm(
    struct initiator *initiator, int64_t now, const struct line *in)
{
	uint8_t payload[LIMIT_FRAME];
	struct frame frame;
	int error;

	if (!take_step(initiator, INITIATOR_RESPONSE_SENT))
		return give_up(initiator, CHAT_EINTERNAL);
	if ((error = receive(initiator, in, FRAME_CONFIRM, &frame, payload)) !=
		0 ||
	    (error = check_confirm(initiator, in, &frame, now)) != 0 ||
	    (error = exchange_absorb(&initiator->exchange, in)) != 0)
		return give_up(initiator, error);
	return CHAT_OK;
}

/* Encrypts the text and encodes frame 5. */
static int
seal(struct initiator *initiator, enum frame_type type, int64_t composed,
    const char *text, size_t len, uint8_t *ciphertext, size_t size,
    struct line *out)
{
	struct exchange *exchange = &initiator->exchange;
	struct frame frame = {.type = type,
	    .time = composed,
	    .payload = ciphertext,
	    .has_mac = true};
	int error;

	if ((error = seal_encrypt(exchange->suite, &exchange->keys, text, len,
		 ciphertext, size, &frame.payload_len)) != 0)
		return error;
	return exchange_encode(exchange, &frame, out);
}

int
initiator_text(struct initiator *initiator, enum frame_type type,
    int64_t composed, const char *text, size_t len, struct line *out)
{
	size_t size = len - len % SIZE_BLOCK + SIZE_BLOCK;
	uint8_t *ciphertext;
	int error;

	if (!take_step(initiator, INITIATOR_CONFIRMED))
		return give_up(initiator, CHAT_EINTERNAL);
	if (len > LIMIT_TEXT)
		return give_up(initiator, CHAT_ETOOLONG);
	if ((ciphertext = malloc(size)) == NULL)
		return give_up(initiator, CHAT_EINTERNAL);
	error =
	    seal(initiator, type, composed, text, len, ciphertext, size, out);
	free(ciphertext);
	return error == 0 ? CHAT_OK : give_up(initiator, error);
}

/*
 * Decodes an ack or a nack. The caller must verify it before it uses the
 * result.
 */
static int
read_receipt(const struct line *in, struct frame *frame, uint8_t *payload)
{
	int error = CHAT_EUNCONFIRMED;

	if (in->len > LIMIT_FRAME ||
	    frame_decode(in, frame, payload, LIMIT_FRAME) != 0)
		return CHAT_EUNCONFIRMED;
	if (frame->type == FRAME_ACK && frame->payload_len == RECEIPT_LEN)
		return CHAT_OK;
	if (frame->type == FRAME_NACK && frame->payload_len == 1)
		error = payload_nack_error(frame);
	/* Only strangers have to wait, and we have proven ourselves. */
	return error == CHAT_EWAIT ? CHAT_EMALFORMED : error;
}

int
initiator_receipt(struct initiator *initiator, int64_t now,
    const struct line *in, struct receipt *receipt)
{
	struct exchange *exchange = &initiator->exchange;
	uint8_t payload[LIMIT_FRAME];
	struct frame frame;
	int error;

	if (!take_step(initiator, INITIATOR_TEXT_SENT))
		return give_up(initiator, CHAT_EINTERNAL);
	error = read_receipt(in, &frame, payload);
	if (error == CHAT_EUNCONFIRMED ||
	    exchange_verify(exchange, &exchange->transcript, in, &frame) != 0 ||
	    (error == 0 &&
		(!timestamp_near(frame.time, now) ||
		    receipt_open(exchange->suite, &exchange->keys,
			frame.payload, frame.payload_len, receipt) != 0)))
		return give_up(initiator, CHAT_EUNCONFIRMED);
	initiator->refused = error != 0;
	return error == 0 ? CHAT_OK : give_up(initiator, error);
}

void
initiator_close(struct initiator *initiator)
{
	exchange_wipe(&initiator->exchange);
	explicit_bzero(&initiator->party, sizeof(initiator->party));
	initiator->password_to = NULL;
	initiator->state = INITIATOR_FAILED;
}
