/* The responder of chat1. */
#include "common/chat1/responder.h"

#include <string.h>

#include "common/base/batch.h"
#include "common/base/error.h"
#include "common/base/text.h"
#include "common/base/timestamp.h"
#include "common/chat1/payload.h"
#include "common/chat1/seal.h"

/* Enters the next state if the call comes in its turn. */
static bool
expects(struct responder *responder, enum responder_state state)
{
	if (responder->state != state)
		return false;
	responder->state++;
	return true;
}

static int
end_with(struct responder *responder, int error)
{
	responder->state = RESPONDER_FAILED;
	return error;
}

int
responder_open(struct responder *responder, const struct suite *suite,
    const struct responder_ops *ops)
{
	responder->state = RESPONDER_READY;
	responder->keyed = false;
	responder->text_came = false;
	responder->answered = false;
	responder->ops = ops;
	responder->message.len = responder->message.lines = 0;
	responder->touched = 0;
	return exchange_start(&responder->exchange, suite, LISTENER_TO_SENDER);
}

/* Encodes frame 2, the answer to a valid hello. */
static int
challenge(struct responder *responder, const struct hello *hello, int64_t now,
    struct line *out)
{
	const struct responder_ops *ops = responder->ops;
	uint8_t payload[CHALLENGE_LEN] = {CHAT1_VERSION};
	struct frame frame = {.type = FRAME_CHALLENGE,
	    .time = now,
	    .payload = payload,
	    .payload_len = sizeof(payload)};
	int error;

	error = ops->begin(ops->arg, hello->from, hello->to, hello->share,
	    payload + 1, payload + 1 + SIZE_POINT);
	if (error != 0)
		return error;
	return exchange_encode(&responder->exchange, &frame, out);
}

int
responder_hello(struct responder *responder, int64_t now, const struct line *in,
    struct line *out)
{
	struct message *message = &responder->message;
	uint8_t payload[LIMIT_FRAME];
	struct frame frame;
	struct hello hello;
	int error;

	if (!expects(responder, RESPONDER_READY))
		return end_with(responder, CHAT_EINTERNAL);
	if ((error = exchange_decode(
		 in, FRAME_HELLO, &frame, payload, sizeof(payload))) != 0 ||
	    (error = payload_hello_unpack(payload, frame.payload_len,
		 message->from, message->to, &hello)) != 0)
		return end_with(responder, error);
	if (!timestamp_near(frame.time, now))
		return end_with(responder, CHAT_ECLOCK);
	memcpy(message->id, hello.id, SIZE_ID);
	if ((error = exchange_absorb(&responder->exchange, in)) != 0 ||
	    (error = challenge(responder, &hello, now, out)) != 0)
		return end_with(responder, error);
	return CHAT_OK;
}

/* Has the proof checked; derives the keys of the session if it is right. */
static int
verify(struct responder *responder, const uint8_t payload[RESPONSE_LEN])
{
	const struct responder_ops *ops = responder->ops;
	struct exchange *exchange = &responder->exchange;
	uint8_t enc_key[SIZE_HASH];
	int error;

	error = ops->verify(ops->arg, exchange->transcript.hash,
	    payload + SIZE_HASH, payload, enc_key, &responder->message.listed);
	if (error == 0)
		error = keys_expand(exchange->suite, enc_key, &exchange->keys);
	explicit_bzero(enc_key, sizeof(enc_key));
	responder->keyed = error == 0;
	return error;
}

/* Encodes frame 4: the sender is proven, and now the listener proves itself. */
static int
confirm(struct responder *responder, const uint8_t cs[SIZE_NONCE], int64_t now,
    struct line *out)
{
	struct exchange *exchange = &responder->exchange;
	uint8_t proof[SIZE_HASH];
	struct frame frame = {.type = FRAME_CONFIRM,
	    .time = now,
	    .payload = proof,
	    .payload_len = sizeof(proof),
	    .has_mac = true};
	int error;

	error = proof_listener(exchange->suite, exchange->keys.chap_secret,
	    exchange->transcript.hash, cs, proof);
	if (error != 0)
		return error;
	return exchange_encode(exchange, &frame, out);
}

int
responder_response(struct responder *responder, int64_t now,
    const struct line *in, struct line *out)
{
	struct exchange *exchange = &responder->exchange;
	uint8_t payload[LIMIT_FRAME];
	struct frame frame;
	int error;

	if (!expects(responder, RESPONDER_CHALLENGED))
		return end_with(responder, CHAT_EINTERNAL);
	if ((error = exchange_decode(
		 in, FRAME_RESPONSE, &frame, payload, sizeof(payload))) != 0)
		return end_with(responder, error);
	if (frame.payload_len != RESPONSE_LEN)
		return end_with(responder, CHAT_EMALFORMED);
	if ((error = verify(responder, payload)) != 0 ||
	    (error = exchange_verify(
		 exchange, &exchange->transcript, in, &frame)) != 0)
		return end_with(responder, error);
	/* Checked after the proof: strangers need not learn about our clock. */
	if (!timestamp_near(frame.time, now))
		return end_with(responder, CHAT_ECLOCK);
	if ((error = exchange_absorb(exchange, in)) != 0 ||
	    (error = confirm(responder, payload + SIZE_HASH, now, out)) != 0)
		return end_with(responder, error);
	return CHAT_OK;
}

/* Decrypts, in place, a text whose MAC was right, and checks it. */
static int
open_text(struct responder *responder, const struct frame *frame)
{
	struct exchange *exchange = &responder->exchange;
	struct message *message = &responder->message;
	int error;

	error = seal_decrypt(exchange->suite, &exchange->keys, frame->payload,
	    frame->payload_len, (uint8_t *)message->text, &message->len);
	if (error == 0)
		error = text_check(message->text, message->len);
	if (error != 0 || frame->type != FRAME_LINES)
		return error;
	message->lines = batch_count(message->text, message->len);
	return message->lines > 0 ? CHAT_OK : CHAT_ETEXT;
}

int
responder_text(struct responder *responder, int64_t now, const struct line *in)
{
	struct exchange *exchange = &responder->exchange;
	struct transcript before = exchange->transcript;
	uint8_t *payload = (uint8_t *)responder->message.text;
	struct frame frame;
	int error;

	if (!expects(responder, RESPONDER_CONFIRMED))
		return end_with(responder, CHAT_EINTERNAL);
	/* Whatever this line is, the answer's MAC covers it. */
	if ((error = exchange_absorb(exchange, in)) != 0)
		return end_with(responder, error);
	responder->text_came = true;
	responder->touched = in->len < sizeof(responder->message.text)
	    ? in->len
	    : sizeof(responder->message.text);
	if ((error = exchange_decode(in, FRAME_TEXT, &frame, payload,
		 sizeof(responder->message.text))) != 0 ||
	    (error = exchange_verify(exchange, &before, in, &frame)) != 0)
		return end_with(responder, error);
	if (frame.time > now + LIMIT_CLOCK_SKEW)
		return end_with(responder, CHAT_ECLOCK);
	if ((error = open_text(responder, &frame)) != 0)
		return end_with(responder, error);
	responder->message.sent = frame.time;
	return CHAT_OK;
}

int
responder_ack(struct responder *responder, int64_t now,
    const struct receipt *receipt, struct line *out)
{
	struct exchange *exchange = &responder->exchange;
	uint8_t ciphertext[RECEIPT_LEN];
	struct frame frame = {.type = FRAME_ACK,
	    .time = now,
	    .payload = ciphertext,
	    .payload_len = sizeof(ciphertext),
	    .has_mac = true};

	if (!expects(responder, RESPONDER_TEXT_READ) ||
	    receipt_seal(
		exchange->suite, &exchange->keys, receipt, ciphertext) != 0)
		return end_with(responder, CHAT_EINTERNAL);
	responder->answered = true;
	return exchange_encode(exchange, &frame, out);
}

int
responder_nack(
    struct responder *responder, int64_t now, int error, struct line *out)
{
	uint8_t reason = (uint8_t)payload_nack_reason(error);
	struct frame frame = {.type = FRAME_NACK,
	    .time = now,
	    .payload = &reason,
	    .payload_len = 1,
	    .has_mac = responder->keyed && responder->text_came};

	if (responder->answered)
		return end_with(responder, CHAT_EINTERNAL);
	responder->answered = true;
	responder->state = RESPONDER_ANSWERED;
	return exchange_encode(&responder->exchange, &frame, out);
}

void
responder_close(struct responder *responder)
{
	exchange_wipe(&responder->exchange);
	explicit_bzero(&responder->message, offsetof(struct message, text));
	/* No more than was used: wiping an untouched page would allocate it. */
	explicit_bzero(responder->message.text, responder->touched);
	responder->answered = true; /* the peer is gone */
	responder->state = RESPONDER_FAILED;
}
