/*
 * Replaces common/chat1/proof.c: proofs and MACs are right unless the input
 * decides otherwise, so that a fuzzer gets past them. One file of a program
 * includes this; then the linker does not take proof.o from the archive.
 */
#ifndef TESTS_FUZZ_FAKE_PROOF_H
#define TESTS_FUZZ_FAKE_PROOF_H

#include "common/chat1/proof.h"
#include "tests/fuzz/fuzz.h"

static struct {
	unsigned wrong;         /* which comparison from here fails; 0: none */
	unsigned yes, no;       /* comparisons so far */
	struct transcript last; /* what the last MAC was computed over */
} fake_proof;

/* Reads everything that it gets, so that sanitizers check it. */
static inline uint8_t
fake_sum(const uint8_t *bytes, size_t len)
{
	uint8_t sum = 0;

	for (size_t i = 0; i < len; i++)
		sum = (uint8_t)(sum + bytes[i]);
	return sum;
}

int
proof_sender(const struct suite *suite, const uint8_t chap_secret[SIZE_HASH],
    const uint8_t t2[SIZE_HASH], const uint8_t cl[SIZE_NONCE],
    const uint8_t cs[SIZE_NONCE], uint8_t proof[SIZE_HASH])
{
	HOLDS(suite != NULL);
	memset(proof, 'S', SIZE_HASH);
	proof[0] = (uint8_t)(fake_sum(chap_secret, SIZE_HASH) +
	    fake_sum(t2, SIZE_HASH) + fake_sum(cl, SIZE_NONCE) +
	    fake_sum(cs, SIZE_NONCE));
	return 0;
}

int
proof_listener(const struct suite *suite, const uint8_t chap_secret[SIZE_HASH],
    const uint8_t t3[SIZE_HASH], const uint8_t cs[SIZE_NONCE],
    uint8_t proof[SIZE_HASH])
{
	HOLDS(suite != NULL);
	memset(proof, 'L', SIZE_HASH);
	proof[0] = (uint8_t)(fake_sum(chap_secret, SIZE_HASH) +
	    fake_sum(t3, SIZE_HASH) + fake_sum(cs, SIZE_NONCE));
	return 0;
}

int
proof_mac(const struct suite *suite, const uint8_t hmac_key[SIZE_HASH],
    enum direction direction, const struct transcript *before,
    const struct line *line, bool has_mac, uint8_t mac[SIZE_HASH])
{
	struct span spans[2];

	HOLDS(suite != NULL);
	HOLDS(
	    direction == SENDER_TO_LISTENER || direction == LISTENER_TO_SENDER);
	/* A session's own key: one that exists and is not wiped yet. */
	HOLDS(!all_zero(hmac_key, SIZE_HASH));
	frame_without_mac(line, has_mac, spans);
	memset(mac, 'M', SIZE_HASH);
	mac[0] = (uint8_t)(fake_sum(spans[0].data, spans[0].len) +
	    fake_sum(spans[1].data, spans[1].len));
	fake_proof.last = *before;
	return 0;
}

bool
proof_equal(const uint8_t a[SIZE_HASH], const uint8_t b[SIZE_HASH])
{
	bool wrong = fake_proof.wrong == 1;

	(void)fake_sum(a, SIZE_HASH);
	(void)fake_sum(b, SIZE_HASH);
	if (fake_proof.wrong > 0)
		fake_proof.wrong--;
	if (wrong)
		fake_proof.no++;
	else
		fake_proof.yes++;
	return !wrong;
}

#endif
