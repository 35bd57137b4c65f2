/* Proofs and MACs. */
#include "common/chat1/proof.h"

#include <openssl/crypto.h>

int
proof_sender(const struct suite *suite, const uint8_t chap_secret[SIZE_HASH],
    const uint8_t t2[SIZE_HASH], const uint8_t cl[SIZE_NONCE],
    const uint8_t cs[SIZE_NONCE], uint8_t proof[SIZE_HASH])
{
	static const char label[] = "chat1 sender proof"; /* hashed with NUL */
	const struct span spans[] = {{label, sizeof(label)}, {t2, SIZE_HASH},
	    {cl, SIZE_NONCE}, {cs, SIZE_NONCE}};

	return suite_hmac(suite, chap_secret, SIZE_HASH, spans, 4, proof);
}

int
proof_listener(const struct suite *suite, const uint8_t chap_secret[SIZE_HASH],
    const uint8_t t3[SIZE_HASH], const uint8_t cs[SIZE_NONCE],
    uint8_t proof[SIZE_HASH])
{
	static const char label[] = "chat1 listener proof"; /* hashed too */
	const struct span spans[] = {
	    {label, sizeof(label)}, {t3, SIZE_HASH}, {cs, SIZE_NONCE}};

	return suite_hmac(suite, chap_secret, SIZE_HASH, spans, 3, proof);
}

int
proof_mac(const struct suite *suite, const uint8_t hmac_key[SIZE_HASH],
    enum direction direction, const struct transcript *before,
    const struct line *line, bool has_mac, uint8_t mac[SIZE_HASH])
{
	static const char labels[2][15] = {
	    [SENDER_TO_LISTENER] = "chat1 mac S->L",
	    [LISTENER_TO_SENDER] = "chat1 mac L->S",
	}; /* hashed with NUL */
	struct span spans[4] = {
	    {labels[direction], sizeof(labels[0])}, {before->hash, SIZE_HASH}};

	frame_without_mac(line, has_mac, &spans[2]);
	return suite_hmac(suite, hmac_key, SIZE_HASH, spans, 4, mac);
}

bool
proof_equal(const uint8_t a[SIZE_HASH], const uint8_t b[SIZE_HASH])
{
	return CRYPTO_memcmp(a, b, SIZE_HASH) == 0;
}
