/*
 * The floor: what a session cannot do without. Frames as long as chat1's,
 * and what chat1 has libcrypto do (key agreement, key schedule, transcript,
 * proofs, MACs, one encryption), but nobody spells or reads JSON, looks up a
 * user, checks a clock, or asks another process. A frame is its values, and
 * zeros up to its length.
 */
#ifndef TESTS_BENCH_FLOOR_H
#define TESTS_BENCH_FLOOR_H

#include "common/chat1/exchange.h"
#include "common/chat1/spake2.h"

/* The text that is sent, as long as the driver's. */
#define FLOOR_TEXT "disk full on seven: 93 percent of /var used"

struct floor_side {
	const struct suite *suite;
	const struct spake2 *spake2;
	struct exchange exchange;
	struct spake2_party party;
	uint8_t nonce[SIZE_NONCE];
};

/* Frame n, 1 to 6: how long it is. */
size_t floor_length(int n);

/* Draws x or y and a nonce. Returns 0 or an error, as all of these do. */
int floor_open(struct floor_side *side, const struct suite *suite,
    const struct spake2 *spake2, enum spake2_role role);

/* w and the share. floor_hello() and floor_answer_hello() do it themselves. */
int floor_share(struct floor_side *side);

/* The sender's calls, in their order; then the listener's. */
int floor_hello(struct floor_side *side, struct line *out);
int floor_challenge(
    struct floor_side *side, const struct line *in, struct line *out);
int floor_confirm(
    struct floor_side *side, const struct line *in, struct line *out);
int floor_receipt(struct floor_side *side, const struct line *in);

int floor_answer_hello(
    struct floor_side *side, const struct line *in, struct line *out);
int floor_answer_response(
    struct floor_side *side, const struct line *in, struct line *out);
/* text has room for a frame; it is len bytes. */
int floor_answer_text(struct floor_side *side, const struct line *in,
    char *text, size_t *len, struct line *out);

#endif
