/* Whose proof the keyholder accepts, and how it treats names and points. */
#include <openssl/ec.h>
#include <openssl/obj_mac.h>

#include "listener/link/ticket.h"
#include "tests/unit/listener.h"

/* Property 30: it is for what was proven, and for this session. */
static void
expect_ticket(const struct guest *g, const struct verify_reply *reply)
{
	struct ticket_subject subject = {.session = g->slot.number,
	    .from = g->claim.from,
	    .to = g->claim.to,
	    .listed = reply->listed == 1,
	    .id = g->id};

	ck_assert(ticket_is_right(
	    &answers.suite, answers.ticket_key, &subject, reply->ticket));
	subject.session++;
	ck_assert(!ticket_is_right(
	    &answers.suite, answers.ticket_key, &subject, reply->ticket));
}

/* Whether the keyholder accepts the proof of a claim, in a new session. */
static bool
passes(const struct claim *claim, bool *listed)
{
	static const struct verify_reply wrong;
	struct guest *g = &guests[0];
	struct verify_reply reply;

	guest_enter(g);
	guest_begin(g, claim);
	ck_assert_int_eq(spake2_check(answers.spake2, g->challenge.pb), 0);
	guest_verify(g, &reply);
	ck_assert(!guest_keys_in(&g->slot, sizeof(g->slot), g));
	if (reply.right != 1) {
		ck_assert_mem_eq(&reply, &wrong, sizeof(reply));
	} else {
		ck_assert_mem_eq(reply.enc_key, g->keys.enc_key, SIZE_HASH);
		expect_ticket(g, &reply);
	}
	*listed = reply.listed == 1;
	guest_leave(g);
	return reply.right == 1;
}

static bool
is_refused(const struct claim *claim)
{
	bool listed;

	return !passes(claim, &listed);
}

START_TEST(p16_a_listed_sender_passes)
{
	bool listed;

	ck_assert(passes(&bob, &listed));
	ck_assert(listed);
}
END_TEST

START_TEST(p16_an_unlisted_sender_passes_and_is_marked)
{
	bool listed;

	ck_assert(passes(&carol, &listed));
	ck_assert(!listed);
}
END_TEST

START_TEST(p16_a_strict_office_refuses_the_unlisted_only)
{
	answers.strict = true;
	ck_assert(is_refused(&carol));
	ck_assert(!is_refused(&bob));
}
END_TEST

/* Every sender to alice knows her password, so it proves no name. */
START_TEST(p07_the_listeners_own_name_is_not_listed)
{
	static const struct claim own = {
	    "alice", "alice", "alice's long secret", "alice's long secret"};
	bool listed;

	ck_assert(passes(&own, &listed));
	ck_assert(!listed);
	answers.strict = true;
	ck_assert(is_refused(&own));
}
END_TEST

START_TEST(p07_a_password_of_several_makes_nobody_listed)
{
	static const char *const others[] = {"alice's long secret", "shared"};
	bool listed;

	for (size_t i = 0; i < COUNT(others); i++) {
		const struct claim claim = {
		    "bob", "alice", others[i], "alice's long secret"};
		char list[512];

		(void)snprintf(list, sizeof(list),
		    "[{\"username\":\"alice\",\"password\":\"%s\","
		    "\"port\":1,\"ip\":\"h\"},"
		    "{\"username\":\"bob\",\"password\":\"%s\","
		    "\"port\":1,\"ip\":\"h\"},"
		    "{\"username\":\"carol\",\"password\":\"shared\","
		    "\"port\":1,\"ip\":\"h\"}]",
		    claim.password_to, claim.password_from);
		office_read(list);
		answers.strict = false;
		ck_assert(passes(&claim, &listed));
		ck_assert(!listed);
		answers.strict = true;
		ck_assert(is_refused(&claim));
	}
}
END_TEST

/* The common secret is in the sender's entry; the listener has no entry. */
START_TEST(p16_a_personal_file_needs_no_entry_for_its_owner)
{
	static const struct claim friend = {
	    "bob", "alice", "our common secret", "our common secret"};
	static const struct claim stranger = {
	    "carol", "alice", "our common secret", "our common secret"};
	bool listed;

	office_read("[{\"username\":\"bob\",\"password\":\"our common secret\","
		    "\"port\":5001,\"ip\":\"192.0.2.2\"}]");
	ck_assert(passes(&friend, &listed));
	ck_assert(listed);
	ck_assert(is_refused(&stranger));
}
END_TEST

START_TEST(p08_an_unknown_sender_of_an_unknown_listener_is_refused)
{
	static const struct claim stranger = {"carol", "alice", "x", "x"};

	office_read("[]");
	ck_assert(is_refused(&stranger));
	ck_assert(is_refused(&bob));
}
END_TEST

START_TEST(p07_half_of_the_secret_is_refused)
{
	struct claim claim = bob;

	claim.password_to = "not alice's secret";
	ck_assert(is_refused(&claim));
	claim = bob;
	claim.password_from = "not bob's secret";
	ck_assert(is_refused(&claim));
	claim.password_from = bob.password_to;
	ck_assert(is_refused(&claim));
}
END_TEST

/* Both passwords are right, but the keyholder answers only for alice. */
START_TEST(p06_another_recipient_is_refused)
{
	static const struct claim listed = {
	    "bob", "dave", "bob's own long secret", "dave's other secret"};
	static const struct claim unlisted = {
	    "bob", "carol", "bob's own long secret", "bob's own long secret"};
	static const struct claim other_case = {
	    "bob", "Alice", "bob's own long secret", "alice's long secret"};
	static const struct claim oneself = {
	    "bob", "bob", "bob's own long secret", "bob's own long secret"};

	ck_assert(is_refused(&listed));
	ck_assert(is_refused(&unlisted));
	ck_assert(is_refused(&other_case));
	ck_assert(is_refused(&oneself));
}
END_TEST

/* Users may differ in case only. */
START_TEST(p06_a_user_whose_name_differs_in_case_is_refused)
{
	static const struct claim other = {
	    "bob", "Alice", "bob's own long secret", "dave's other secret"};

	office_read("[{\"username\":\"alice\",\"port\":5000,"
		    "\"password\":\"alice's long secret\","
		    "\"ip\":\"192.0.2.1\"},"
		    "{\"username\":\"Alice\",\"port\":5001,"
		    "\"password\":\"dave's other secret\","
		    "\"ip\":\"192.0.2.2\"},"
		    "{\"username\":\"bob\",\"port\":5002,"
		    "\"password\":\"bob's own long secret\","
		    "\"ip\":\"192.0.2.3\"}]");
	ck_assert(!is_refused(&bob));
	ck_assert(is_refused(&other));
}
END_TEST

/* Shares and challenges are never repeated, for any sender. */
START_TEST(p08_a_refusal_cannot_be_recognised_by_its_shares)
{
	static const struct claim stranger = {"bob", "carol", "x", "x"};
	struct guest *g = &guests[0];
	struct begin_reply replies[16];

	for (size_t i = 0; i < COUNT(replies); i++) {
		guest_enter(g);
		guest_begin(g, i % 2 == 0 ? &bob : &stranger);
		replies[i] = g->challenge;
		guest_leave(g);
		for (size_t k = 0; k < i; k++) {
			ck_assert_mem_ne(
			    replies[i].pb, replies[k].pb, SIZE_POINT);
			ck_assert_mem_ne(
			    replies[i].cl, replies[k].cl, SIZE_NONCE);
		}
	}
}
END_TEST

/* Sends BEGIN with these bytes instead of a name. */
static int
begin_named(const void *bytes, size_t len, bool is_from)
{
	struct guest *g = &guests[0];
	union channel_datagram datagram;
	uint8_t *field;
	int error;

	guest_enter(g);
	(void)guest_spell_begin(g, &datagram);
	field = is_from ? datagram.begin.from : datagram.begin.to;
	memset(field, 0, LIMIT_NAME + 1);
	memcpy(field, bytes, len);
	error = guest_ask(g, &datagram, sizeof(datagram.begin));
	ck_assert(error == 0 || guest_is_out(g));
	guest_leave(g);
	return error;
}

START_TEST(p16_what_is_no_name_ends_the_channel)
{
	static const char *const bad[] = {"", ".bob", "bo b", "b\xc3\xb6",
	    "bob\n", "bob:", "bob\x1b[1m", "-u", "\x7f"};
	char full[LIMIT_NAME + 1];

	guest_claim(&guests[0], &bob);
	memset(full, 'a', sizeof(full));
	for (int from = 0; from < 2; from++) {
		for (size_t i = 0; i < COUNT(bad); i++)
			ck_assert_int_eq(
			    begin_named(bad[i], strlen(bad[i]), from == 1),
			    CHAT_EMALFORMED);
		ck_assert_int_eq(begin_named(full, LIMIT_NAME + 1, from == 1),
		    CHAT_EMALFORMED);
		ck_assert_int_eq(begin_named(full, LIMIT_NAME, from == 1), 0);
	}
}
END_TEST

/*
 * Sends BEGIN with these bytes for pA. Returns whether the reply was all zero.
 */
static bool
is_no_point(const uint8_t pa[SIZE_POINT])
{
	static const struct begin_reply zero;
	struct guest *g = &guests[0];
	union channel_datagram datagram;

	guest_enter(g);
	(void)guest_spell_begin(g, &datagram);
	memcpy(datagram.begin.pa, pa, SIZE_POINT);
	ck_assert_int_eq(guest_ask(g, &datagram, sizeof(datagram.begin)), 0);
	ck_assert_int_eq(
	    guest_hear(g, &g->challenge, sizeof(g->challenge)), sizeof(zero));
	return memcmp(&g->challenge, &zero, sizeof(zero)) == 0;
}

/* Makes points in a wrong form or not on the curve from a valid one. */
static size_t
spoil(const uint8_t share[SIZE_POINT], uint8_t bad[6][SIZE_POINT])
{
	for (size_t i = 0; i < 6; i++)
		memcpy(bad[i], share, SIZE_POINT);
	memset(bad[0], 0, SIZE_POINT); /* infinity, padded */
	bad[1][0] = 2;                 /* compressed, padded */
	bad[2][0] = 6;                 /* hybrid */
	bad[3][SIZE_POINT - 1] ^= 1;   /* off the curve */
	memset(bad[4] + 1, 0, SIZE_POINT - 1);
	memset(bad[5] + 1, 0xff, SIZE_POINT - 1);
	return 6;
}

START_TEST(p03_what_is_no_point_gets_zero_and_nothing_after_it)
{
	struct guest *g = &guests[0];
	union channel_datagram datagram;
	uint8_t bad[6][SIZE_POINT];
	size_t count;

	guest_claim(g, &bob);
	count = spoil(g->party.share, bad);
	for (size_t i = 0; i < count; i++)
		for (uint8_t request = 0; request <= CHANNEL_DONE; request++) {
			size_t len = guest_spell_begin(g, &datagram);

			ck_assert(is_no_point(bad[i]));
			ck_assert_int_eq(g->slot.state, SLOT_ENDED);
			len = request == CHANNEL_VERIFY
			    ? guest_spell_verify(g, &datagram)
			    : request == CHANNEL_DELIVER
			    ? guest_spell_deliver(g, &datagram)
			    : request == CHANNEL_DONE
			    ? sizeof(struct done_request)
			    : len;
			datagram.request = request;
			ck_assert_int_eq(
			    guest_ask(g, &datagram, len), CHAT_EMALFORMED);
			ck_assert(guest_is_out(g));
			guest_leave(g);
		}
}
END_TEST

/* Sets pA = w*M, from the share w*M + 1*G. */
static void
share_without_x(struct guest *g)
{
	EC_GROUP *group = EC_GROUP_new_by_curve_name(NID_X9_62_prime256v1);
	EC_POINT *share = EC_POINT_new(group);
	EC_POINT *minus = EC_POINT_dup(EC_GROUP_get0_generator(group), group);
	struct spake2_party *party = &g->party;

	memset(party->scalar, 0, SIZE_SCALAR);
	party->scalar[SIZE_SCALAR - 1] = 1;
	ck_assert_int_eq(spake2_share(answers.spake2, party), 0);
	ck_assert(EC_POINT_oct2point(
		      group, share, party->share, SIZE_POINT, NULL) == 1 &&
	    EC_POINT_invert(group, minus, NULL) == 1 &&
	    EC_POINT_add(group, share, share, minus, NULL) == 1);
	ck_assert_uint_eq(
	    EC_POINT_point2oct(group, share, POINT_CONVERSION_UNCOMPRESSED,
		party->share, SIZE_POINT, NULL),
	    SIZE_POINT);
	EC_POINT_free(share);
	EC_POINT_free(minus);
	EC_GROUP_free(group);
}

/* Computes DHSK for a K of len zero bytes; for -1, without TT. */
static void
guess_keys(struct guest *g, int len)
{
	static const uint8_t k[SIZE_POINT];
	const struct spake2_party *p = &g->party;
	const struct span items[6] = {{p->a, strlen(p->a)},
	    {p->b, strlen(p->b)}, {p->share, SIZE_POINT},
	    {g->challenge.pb, SIZE_POINT}, {k, (size_t)(len < 0 ? 0 : len)},
	    {p->w, SIZE_SCALAR}};
	uint8_t lengths[6][8] = {{0}}, dhsk[SIZE_HASH] = {0};
	uint8_t enc_key[SIZE_HASH];
	struct span spans[12];

	for (size_t i = 0; i < 6; i++) {
		lengths[i][0] = (uint8_t)items[i].len;
		spans[2 * i] = (struct span){lengths[i], 8};
		spans[2 * i + 1] = items[i];
	}
	if (len >= 0)
		ck_assert_int_eq(
		    suite_sha256(&answers.suite, spans, 12, dhsk), 0);
	ck_assert_int_eq(keys_derive(&answers.suite, g->claim.password_to,
			     strlen(g->claim.password_to), dhsk, enc_key),
	    0);
	ck_assert_int_eq(keys_expand(&answers.suite, enc_key, &g->keys), 0);
}

/*
 * A peer that knows w can put K at infinity. This must not reveal that w is
 * right.
 */
START_TEST(p03_k_at_infinity_looks_like_any_other_and_never_passes)
{
	static const int guesses[] = {-1, 0, 1, SIZE_HASH, SIZE_POINT};
	struct guest *g = &guests[0];
	struct verify_reply reply;

	for (size_t i = 0; i < COUNT(guesses); i++) {
		guest_claim(g, &bob);
		share_without_x(g);
		guest_enter(g);
		ck_assert(!is_no_point(g->party.share));
		ck_assert_int_eq(
		    spake2_check(answers.spake2, g->challenge.pb), 0);
		guess_keys(g, guesses[i]);
		guest_verify(g, &reply);
		ck_assert_int_eq(reply.right, 0);
		ck_assert_int_eq(g->slot.state, SLOT_ENDED);
		guest_leave(g);
	}
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = {
	    p16_a_listed_sender_passes,
	    p16_an_unlisted_sender_passes_and_is_marked,
	    p16_a_strict_office_refuses_the_unlisted_only,
	    p07_the_listeners_own_name_is_not_listed,
	    p07_a_password_of_several_makes_nobody_listed,
	    p16_a_personal_file_needs_no_entry_for_its_owner,
	    p08_an_unknown_sender_of_an_unknown_listener_is_refused,
	    p07_half_of_the_secret_is_refused,
	    p06_another_recipient_is_refused,
	    p06_a_user_whose_name_differs_in_case_is_refused,
	    p08_a_refusal_cannot_be_recognised_by_its_shares,
	    p16_what_is_no_name_ends_the_channel,
	    p03_what_is_no_point_gets_zero_and_nothing_after_it,
	    p03_k_at_infinity_looks_like_any_other_and_never_passes,
	};

	return unit_run(&(struct unit){"listener pass", tests, COUNT(tests),
	    office_setup, office_teardown});
}
