/* The floor: the minimum that a session needs. */
#include "tests/bench/floor.h"

#include <string.h>
#include <unistd.h>

#include "common/base/error.h"
#include "common/chat1/seal.h"

#define FROM "bob"
#define TO "alice"
#define PASSWORD_FROM "a password of bob that is a good one"
#define PASSWORD_TO "a password of alice that is a good one"

/* Makes a frame as long as chat1's, with a payload of so many bytes. */
#define LENGTH(type, payload, mac)                                          \
	(LIMIT_TEXT_FRAME - SIZE_BASE64(LIMIT_CIPHERTEXT) - 2 * SIZE_HASH - \
	    4 + sizeof(type) - 1 + SIZE_BASE64(payload) + (mac))
#define HELLO \
	(1 + SIZE_ID + 1 + sizeof(FROM) - 1 + 1 + sizeof(TO) - 1 + SIZE_POINT)
#define CHALLENGE (1 + SIZE_POINT + SIZE_NONCE)
#define RESPONSE (SIZE_HASH + SIZE_NONCE)
#define SEALED (sizeof(FLOOR_TEXT) / SIZE_BLOCK * SIZE_BLOCK + SIZE_BLOCK)
#define MAC ((size_t)2 * SIZE_HASH)

static const size_t lengths[] = {0, LENGTH("hello", HELLO, 0),
    LENGTH("challenge", CHALLENGE, 0), LENGTH("response", RESPONSE, MAC),
    LENGTH("confirm", SIZE_HASH, MAC), LENGTH("text", SEALED, MAC),
    LENGTH("ack", 48, MAC)};

size_t
floor_length(int n)
{
	return lengths[n];
}

/* Makes an empty frame. Its values are at the front, its MAC at the end. */
static void
start(struct line *line, int n)
{
	line->len = lengths[n];
	memset(line->bytes, 0, line->len);
}

static void
put(struct line *line, size_t at, const void *value, size_t len)
{
	memcpy(line->bytes + at, value, len);
}

static const uint8_t *
at(const struct line *line, size_t place)
{
	return (const uint8_t *)line->bytes + place;
}

/* The MAC covers the frame with zeros in the place of the MAC. */
static int
mac_of(struct floor_side *side, const struct transcript *before,
    enum direction direction, const struct line *line, uint8_t mac[SIZE_HASH])
{
	return proof_mac(side->suite, side->exchange.keys.hmac_key, direction,
	    before, line, false, mac);
}

static int
seal(struct floor_side *side, struct line *line)
{
	uint8_t mac[SIZE_HASH];
	int error = mac_of(side, &side->exchange.transcript,
	    side->exchange.outgoing, line, mac);

	put(line, line->len - SIZE_HASH, mac, SIZE_HASH);
	return error != 0 ? error : exchange_absorb(&side->exchange, line);
}

/* Checks a MAC, and adds the frame to the transcript. */
static int
unseal(struct floor_side *side, const struct line *in)
{
	static struct line bare;
	uint8_t mac[SIZE_HASH];
	int error;

	bare.len = in->len;
	memcpy(bare.bytes, in->bytes, in->len);
	memset(bare.bytes + in->len - SIZE_HASH, 0, SIZE_HASH);
	error = mac_of(side, &side->exchange.transcript,
	    !side->exchange.outgoing, &bare, mac);
	if (error == 0 && !proof_equal(mac, at(in, in->len - SIZE_HASH)))
		error = CHAT_EAUTH;
	return error != 0 ? error : exchange_absorb(&side->exchange, in);
}

int
floor_open(struct floor_side *side, const struct suite *suite,
    const struct spake2 *spake2, enum spake2_role role)
{
	memset(side, 0, sizeof(*side));
	side->suite = suite;
	side->spake2 = spake2;
	side->party = (struct spake2_party){.role = role, .a = FROM, .b = TO};
	if (getentropy(side->party.scalar, SIZE_SCALAR) != 0 ||
	    getentropy(side->nonce, SIZE_NONCE) != 0)
		return CHAT_EINTERNAL;
	return exchange_start(&side->exchange, suite,
	    role == SPAKE2_A ? SENDER_TO_LISTENER : LISTENER_TO_SENDER);
}

int
floor_share(struct floor_side *side)
{
	int error = spake2_w(side->suite, side->spake2, FROM, TO, PASSWORD_FROM,
	    PASSWORD_TO, side->party.w);

	return error != 0 ? error : spake2_share(side->spake2, &side->party);
}

/* Derives the keys from the other side's share. */
static int
agree(struct floor_side *side, const uint8_t share[SIZE_POINT])
{
	uint8_t dhsk[SIZE_HASH], enc_key[SIZE_HASH];
	int error;

	if ((error = spake2_finish(
		 side->suite, side->spake2, &side->party, share, dhsk)) != 0 ||
	    (error = keys_derive(side->suite, PASSWORD_TO,
		 sizeof(PASSWORD_TO) - 1, dhsk, enc_key)) != 0)
		return error;
	return keys_expand(side->suite, enc_key, &side->exchange.keys);
}

int
floor_hello(struct floor_side *side, struct line *out)
{
	int error = floor_share(side);

	if (error != 0)
		return error;
	start(out, 1);
	put(out, 0, side->party.share, SIZE_POINT);
	return exchange_absorb(&side->exchange, out);
}

int
floor_challenge(
    struct floor_side *side, const struct line *in, struct line *out)
{
	struct exchange *exchange = &side->exchange;
	uint8_t proof[SIZE_HASH];
	int error;

	if ((error = exchange_absorb(exchange, in)) != 0 ||
	    (error = agree(side, at(in, 0))) != 0 ||
	    (error = proof_sender(side->suite, exchange->keys.chap_secret,
		 exchange->transcript.hash, at(in, SIZE_POINT), side->nonce,
		 proof)) != 0)
		return error;
	start(out, 3);
	put(out, 0, proof, SIZE_HASH);
	put(out, SIZE_HASH, side->nonce, SIZE_NONCE);
	return seal(side, out);
}

int
floor_confirm(struct floor_side *side, const struct line *in, struct line *out)
{
	struct exchange *exchange = &side->exchange;
	uint8_t proof[SIZE_HASH], sealed[SEALED];
	size_t len;
	int error;

	if ((error = proof_listener(side->suite, exchange->keys.chap_secret,
		 exchange->transcript.hash, side->nonce, proof)) != 0 ||
	    (error = unseal(side, in)) != 0)
		return error;
	if (!proof_equal(proof, at(in, 0)))
		return CHAT_EAUTH;
	if ((error = seal_encrypt(side->suite, &exchange->keys, FLOOR_TEXT,
		 sizeof(FLOOR_TEXT) - 1, sealed, sizeof(sealed), &len)) != 0)
		return error;
	start(out, 5);
	put(out, 0, sealed, len);
	return seal(side, out);
}

int
floor_receipt(struct floor_side *side, const struct line *in)
{
	return unseal(side, in);
}

int
floor_answer_hello(
    struct floor_side *side, const struct line *in, struct line *out)
{
	int error;

	if ((error = exchange_absorb(&side->exchange, in)) != 0 ||
	    (error = floor_share(side)) != 0 ||
	    (error = agree(side, at(in, 0))) != 0)
		return error;
	start(out, 2);
	put(out, 0, side->party.share, SIZE_POINT);
	put(out, SIZE_POINT, side->nonce, SIZE_NONCE);
	return exchange_absorb(&side->exchange, out);
}

int
floor_answer_response(
    struct floor_side *side, const struct line *in, struct line *out)
{
	struct exchange *exchange = &side->exchange;
	uint8_t proof[SIZE_HASH];
	int error;

	if ((error = proof_sender(side->suite, exchange->keys.chap_secret,
		 exchange->transcript.hash, side->nonce, at(in, SIZE_HASH),
		 proof)) != 0)
		return error;
	if (!proof_equal(proof, at(in, 0)))
		return CHAT_EAUTH;
	if ((error = unseal(side, in)) != 0 ||
	    (error = proof_listener(side->suite, exchange->keys.chap_secret,
		 exchange->transcript.hash, at(in, SIZE_HASH), proof)) != 0)
		return error;
	start(out, 4);
	put(out, 0, proof, SIZE_HASH);
	return seal(side, out);
}

int
floor_answer_text(struct floor_side *side, const struct line *in, char *text,
    size_t *len, struct line *out)
{
	int error;

	if ((error = unseal(side, in)) != 0 ||
	    (error = seal_decrypt(side->suite, &side->exchange.keys, at(in, 0),
		 SEALED, (uint8_t *)text, len)) != 0)
		return error;
	start(out, 6);
	return seal(side, out);
}
