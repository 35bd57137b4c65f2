/*
 * The floor: the minimum that a session needs. Frames as long as chat1's, and
 * the same work for libcrypto (key agreement, key schedule, transcript, proofs,
 * MACs, one encryption). But there is no JSON, no directory, no check of
 * clocks, and no other process. A frame is its values, followed by zeros.
 */
#ifndef TESTS_BENCH_FLOOR_H
#define TESTS_BENCH_FLOOR_H

#include "common/chat1/exchange.h"
#include "common/chat1/spake2.h"

/* The text that is sent, as long as that of the bench. */
#define FLOOR_TEXT "disk full on seven: 93 percent of /var used"

struct floor_side {
	const struct suite *suite;
	const struct spake2 *spake2;
	struct exchange exchange;
	struct spake2_party party;
	uint8_t nonce[SIZE_NONCE];
};

/* The length of frame n, 1 to 6. */
size_t floor_length(int n);

/* Draws x or y and a nonce. Returns 0 or an error, like all functions here. */
int floor_open(struct floor_side *side, const struct suite *suite,
    const struct spake2 *spake2, enum spake2_role role);

/* Computes w and the share. floor_hello() and floor_answer_hello() call it. */
int floor_share(struct floor_side *side);

/* The sender's functions, in their order; then the listener's. */
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
/* text has room for a frame; len is set to its length. */
int floor_answer_text(struct floor_side *side, const struct line *in,
    char *text, size_t *len, struct line *out);

#endif
