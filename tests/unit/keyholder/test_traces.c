/* The keyholder's answers leave no secrets on its stack. */
#include "tests/unit/listener.h"
#include "tests/unit/stack.h"

/* Served on a stack of its own. */
static struct served {
	struct guest *guest;
	const union channel_datagram *datagram;
	size_t len;
	int error;
} served;

static void
setup(void)
{
	office_setup();
	stack_setup();
}

static void
teardown(void)
{
	stack_teardown();
	office_teardown();
}

static void
serve(void)
{
	served.error = answer_request(
	    &answers, &served.guest->slot, served.datagram, served.len);
}

static void
answer_there(struct guest *guest, union channel_datagram *datagram, size_t len)
{
	served = (struct served){guest, datagram, len, CHAT_EINTERNAL};
	stack_run(serve);
	ck_assert_int_eq(served.error, 0);
	explicit_bzero(datagram, sizeof(*datagram));
}

static bool
is_there(const uint8_t secret[SIZE_HASH])
{
	return stack_holds(secret, SIZE_HASH);
}

static void
expect_no_keys(const struct guest *g, const uint8_t dhsk[SIZE_HASH])
{
	uint8_t iv32[SIZE_HASH];
	const struct span span = {g->keys.enc_key, SIZE_HASH};

	ck_assert_int_eq(suite_sha256(&answers.suite, &span, 1, iv32), 0);
	ck_assert_msg(!is_there(dhsk), "DHSK is left");
	ck_assert_msg(!is_there(iv32), "IV32 is left");
	ck_assert_msg(!is_there(g->keys.enc_key), "enc_key is left");
	ck_assert_msg(!is_there(g->keys.hmac_key), "HMAC_key is left");
	ck_assert_msg(!is_there(g->keys.chap_secret), "CHAP_SECRET is left");
}

START_TEST(p32_neither_begin_nor_verify_leaves_a_key_on_the_stack)
{
	struct guest *g = &guests[0];
	union channel_datagram datagram;
	struct spake2_party party;
	struct verify_reply reply;
	uint8_t dhsk[SIZE_HASH];
	size_t len;

	guest_enter(g);
	guest_claim(g, &bob);
	len = guest_spell_begin(g, &datagram);
	answer_there(g, &datagram, len);
	ck_assert_int_eq(guest_hear(g, &g->challenge, sizeof(g->challenge)),
	    (ssize_t)sizeof(g->challenge));
	guest_derive(g);
	party = g->party;
	ck_assert_int_eq(spake2_finish(&answers.suite, answers.spake2, &party,
			     g->challenge.pb, dhsk),
	    0);
	expect_no_keys(g, dhsk);
	len = guest_spell_verify(g, &datagram);
	answer_there(g, &datagram, len);
	ck_assert_int_eq(
	    guest_hear(g, &reply, sizeof(reply)), (ssize_t)sizeof(reply));
	ck_assert_mem_eq(reply.enc_key, g->keys.enc_key, SIZE_HASH);
	expect_no_keys(g, dhsk);
	guest_leave(g);
}
END_TEST

int
main(void)
{
#ifdef __SANITIZE_ADDRESS__
	(void)p32_neither_begin_nor_verify_leaves_a_key_on_the_stack;
	(void)puts("sanitizers make stack frames of their own");
	return UNIT_SKIPPED;
#endif
	const TTest *const tests[] = {
	    p32_neither_begin_nor_verify_leaves_a_key_on_the_stack,
	};
	const struct unit unit = {
	    "listener_traces", tests, COUNT(tests), setup, teardown};

	return unit_run(&unit);
}
