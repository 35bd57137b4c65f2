/* What both roles do with a frame. */
#include "common/chat1/exchange.h"

#include <string.h>

#include "common/base/error.h"

int
exchange_start(struct exchange *exchange, const struct suite *suite,
    enum direction outgoing)
{
	exchange->suite = suite;
	exchange->outgoing = outgoing;
	keys_wipe(&exchange->keys);
	return transcript_start(suite, &exchange->transcript);
}

void
exchange_wipe(struct exchange *exchange)
{
	keys_wipe(&exchange->keys);
}

int
exchange_decode(const struct line *line, enum frame_type type,
    struct frame *frame, uint8_t *payload, size_t size)
{
	int error;

	if (line->len > frame_limit(type))
		return CHAT_EMALFORMED;
	if ((error = frame_decode(line, frame, payload, size)) != 0)
		return error;
	if ((frame->type != type &&
		!(frame_is_text(type) && frame_is_text(frame->type))) ||
	    frame->has_mac != (type >= FRAME_RESPONSE && type <= FRAME_ACK))
		return CHAT_EMALFORMED;
	return CHAT_OK;
}

int
exchange_verify(const struct exchange *exchange,
    const struct transcript *before, const struct line *line,
    const struct frame *frame)
{
	enum direction incoming = exchange->outgoing == SENDER_TO_LISTENER
	    ? LISTENER_TO_SENDER
	    : SENDER_TO_LISTENER;
	uint8_t mac[SIZE_HASH];
	int error;

	error = proof_mac(exchange->suite, exchange->keys.hmac_key, incoming,
	    before, line, true, mac);
	if (error == 0 && !(frame->has_mac && proof_equal(mac, frame->mac)))
		error = CHAT_EAUTH;
	explicit_bzero(mac, sizeof(mac));
	return error;
}

int
exchange_absorb(struct exchange *exchange, const struct line *line)
{
	return transcript_absorb(
	    exchange->suite, &exchange->transcript, line->bytes, line->len);
}

int
exchange_encode(
    struct exchange *exchange, const struct frame *frame, struct line *line)
{
	struct frame bare = *frame;
	uint8_t mac[SIZE_HASH];
	int error;

	bare.has_mac = false;
	if ((error = frame_encode(&bare, line)) != 0)
		return error;
	if (frame->has_mac &&
	    ((error = proof_mac(exchange->suite, exchange->keys.hmac_key,
		  exchange->outgoing, &exchange->transcript, line, false,
		  mac)) != 0 ||
		(error = frame_set_mac(line, mac)) != 0))
		return error;
	if (line->len > frame_limit(frame->type))
		return CHAT_ETOOLONG;
	return exchange_absorb(exchange, line);
}
