/*
 * Replaces common/chat1/spake2.c: a key agreement of the same form, made of
 * hashes and fifty times as fast. A point is what starts with 4. A share whose
 * second byte is 0xff leads to infinity.
 */
#ifndef TESTS_FUZZ_FAKE_SPAKE2_H
#define TESTS_FUZZ_FAKE_SPAKE2_H

#include "common/base/error.h"
#include "common/chat1/spake2.h"
#include "tests/fuzz/fuzz.h"

struct spake2 {
	unsigned bad_scalars; /* how many of the next draws are refused */
};

static const struct suite *fake_suite; /* set by the fuzzer */
static struct spake2 fake_spake2;

int
spake2_open(struct spake2 **spake2)
{
	*spake2 = &fake_spake2;
	return CHAT_OK;
}

void
spake2_close(struct spake2 *spake2)
{
	HOLDS(spake2 == &fake_spake2);
}

int
spake2_w(const struct suite *suite, const struct spake2 *spake2,
    const char *from, const char *to, const char *password_from,
    const char *password_to, uint8_t w[SIZE_SCALAR])
{
	const struct span spans[] = {{from, strlen(from) + 1},
	    {to, strlen(to) + 1}, {password_from, strlen(password_from) + 1},
	    {password_to, strlen(password_to) + 1}};

	HOLDS(spake2 == &fake_spake2);
	return suite_sha256(suite, spans, 4, w);
}

int
spake2_share(const struct spake2 *spake2, struct spake2_party *party)
{
	const struct span spans[] = {
	    {party->w, SIZE_SCALAR}, {party->scalar, SIZE_SCALAR}};
	uint8_t *x = party->share + 1;
	int error;

	HOLDS(spake2 == &fake_spake2);
	if (fake_spake2.bad_scalars > 0) {
		fake_spake2.bad_scalars--;
		return CHAT_ESCALAR;
	}
	party->share[0] = 4;
	memset(x + SIZE_SCALAR, 0, SIZE_SCALAR);
	error = suite_sha256(fake_suite, spans, 2, x);
	x[0] &= 0x7f; /* our share never leads to infinity */
	return error;
}

int
spake2_check(const struct spake2 *spake2, const uint8_t share[SIZE_POINT])
{
	HOLDS(spake2 == &fake_spake2);
	return share[0] == 4 ? CHAT_OK : CHAT_EPOINT;
}

int
spake2_finish(const struct suite *suite, const struct spake2 *spake2,
    struct spake2_party *party, const uint8_t peer[SIZE_POINT],
    uint8_t dhsk[SIZE_HASH])
{
	bool first = party->role == SPAKE2_A;
	const struct span spans[] = {{party->w, SIZE_SCALAR},
	    {first ? party->share : peer, SIZE_POINT},
	    {first ? peer : party->share, SIZE_POINT}};
	int error = CHAT_EPOINT;

	if (spake2_check(spake2, peer) == 0 && peer[1] != 0xff)
		error = suite_sha256(suite, spans, 3, dhsk);
	explicit_bzero(party->w, sizeof(party->w));
	explicit_bzero(party->scalar, sizeof(party->scalar));
	return error;
}

#endif
